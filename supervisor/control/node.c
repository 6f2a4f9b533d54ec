#include "control/node.h"

#include "base/log.h"

void node_report(const struct site *site)
{
    for (uint32_t i = 0; i < site->warnings; i++)
        log_warn("%s", site->warning[i].text);
    for (uint32_t i = 0; i < site->errors; i++)
        log_err("%s", site->error[i].text);
    if (site->errors_dropped > 0)
        log_err("and %u errors more", site->errors_dropped);
    log_notice("node %s: %u guests configured, %u errors", site->hostname, site->guests,
               site->errors + site->errors_dropped);
}

int node_take(struct node *node, struct site *site, struct err *e)
{
    if (guests_take(node->guests, site, e) != 0)
        return -1;
    network_take(node->network, site);
    multipath_take(node->multipath, site);
    drbd_take(node->drbd, site);
    cluster_take(node->cluster, site);
    guests_converge(node->guests);
    site_free(node->site);
    node->site = site;
    return 0;
}
