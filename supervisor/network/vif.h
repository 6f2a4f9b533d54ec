/* A guest's interface in dom0, as the hotplug program was told of it by xenstore. The record in
 * RUN_DIR/vif/NAME outlives that program: by it the network role repairs what drifts. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "config/guest_ip.h"
#include "config/site.h"

#define VIFS_MAX      256
#define VIF_TEXT_SIZE 640

struct vif {
    char name[SITE_IFACE_SIZE];
    int32_t index; /* names are used again: the record is of the interface with this ifindex */
    int32_t domid, devid;
    char bridge[SITE_IFACE_SIZE];
    uint8_t mac[6]; /* the guest's own */
    bool filtered;
    struct guest_ip ip[GUEST_IPS_MAX]; /* none: any address */
    uint32_t ips;
};

/* From "bridge=… index=… domid=… devid=… mac=… filter=on ip=…"; cuts text up. -1 if it is none. */
int vif_parse(struct vif *vif, const char *name, char *text);
void vif_format(const struct vif *vif, char text[VIF_TEXT_SIZE]);

int vif_save(const struct vif *vif, struct err *e);
void vif_forget(const char *name);

/* All records, at most max: their number. */
uint32_t vif_load(struct vif *vif, uint32_t max);

struct nl_sock;
struct link_state;
struct filter_count;

/* Brings the interface into its bridge behind its filter, as far as it is not there. *link and
 * *bridge are as they were just seen; *link is as it is now on return, and *count what the filter
 * has seen. Returns 0, -1 with the reason (the interface is then down), or 1 when it must wait: the
 * interface or its bridge does not exist (*e says which). */
int vif_converge(struct nl_sock *sock, const struct vif *vif, struct link_state *link,
                 const struct link_state *bridge, struct filter_count *count, struct err *e);
