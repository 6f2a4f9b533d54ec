"""A site bundle for a blade of the lab: the directory an operator would write, packed as a cpio."""
import shutil
import sys
from pathlib import Path

from .guest import BUILT, TREE

sys.path.insert(0, str(TREE / "image"))
import site_bundle  # noqa: E402  the packer of `make site`


def make(folder, conf, guests, files=None, built=BUILT):
    """Writes `folder`/site and packs it as `folder`/site.cpio; returns that path.

    conf: the lines of site.conf; guests: Guest objects; files: {path in the bundle: content}."""
    folder = Path(folder)
    site = folder / "site"
    shutil.rmtree(site, ignore_errors=True)
    (site / "guests").mkdir(parents=True)
    (site / "site.conf").write_text("\n".join(conf) + "\n")
    for guest in guests:
        (site / "guests" / f"{guest.name}.cfg").write_text(guest.config())
    if any(guest.boot == "kernel" for guest in guests):
        (site / "boot").mkdir()
        shutil.copy(built / "vmlinuz", site / "boot/guest-vmlinuz")
        shutil.copy(built / "initrd.img", site / "boot/guest-initrd.img")
    for name, content in (files or {}).items():
        path = site / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    bundle = folder / "site.cpio"
    bundle.write_bytes(site_bundle.pack(site)[0])
    return bundle
