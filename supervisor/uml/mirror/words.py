"""The configuration of mirrors between n1 and n2."""


def word(name="web", minor=0, port=7788, backing=None, network="10.0.0", **options):
    """The mirror's line in site.conf. It notices early that its peer is gone, and syncs at full rate."""
    options = {"ping_int": 1, "connect_int": 1, "timeout": 9, "c_plan_ahead": 0, "resync_rate": 1 << 20,
               **options}
    text = ",".join(f"{option.replace('_', '-')}={value}" for option, value in options.items())
    return (f"drbd={name}:{minor}:/dev/mapper/{backing or name}:"
            f"n1@{network}.1:{port},n2@{network}.2:{port}:{text}")
