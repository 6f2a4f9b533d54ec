#include "guest/xen_console.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <xen/io/console.h>
#include <xenforeignmemory.h>

/* The domain's frame with the ring, as libxenlight left it in xenstore for xenconsoled. */
static int find_ring(struct xs_handle *xs, uint32_t domid, xen_pfn_t *frame, struct err *e)
{
    char path[64];
    unsigned length;
    snprintf(path, sizeof path, "/local/domain/%u/console/ring-ref", domid);
    char *text = xs_read(xs, XBT_NULL, path, &length);
    *frame = text != NULL ? strtoull(text, NULL, 10) : 0;
    free(text);
    return *frame != 0 ? 0 : err_set(e, "xenstore %s: no frame of memory", path);
}

/* In the order in which it was written. The guest may have left anything in the index: it is cut to
 * the ring. */
static void unroll(const struct xencons_interface *ring, char text[XEN_CONSOLE_SIZE])
{
    _Static_assert(sizeof ring->out == XEN_CONSOLE_SIZE, "xen/io/console.h");
    size_t next = MASK_XENCONS_IDX(ring->out_prod, ring->out), rest = sizeof ring->out - next;
    memcpy(text, ring->out + next, rest);
    memcpy(text + rest, ring->out, next);
}

int xen_console_read(struct xs_handle *xs, uint32_t domid, char text[XEN_CONSOLE_SIZE],
                     struct err *e)
{
    xen_pfn_t frame;
    if (find_ring(xs, domid, &frame, e) != 0)
        return -1;
    xenforeignmemory_handle *memory = xenforeignmemory_open(NULL, 0);
    if (memory == NULL)
        return err_set(e, "its memory cannot be looked at: %m");
    int result = -1;
    void *page = xenforeignmemory_map(memory, domid, PROT_READ, 1, &frame, NULL);
    if (page == NULL) {
        err_set(e, "its console's page cannot be looked at: %m");
    } else {
        unroll(page, text);
        xenforeignmemory_unmap(memory, page, 1);
        result = 0;
    }
    xenforeignmemory_close(memory);
    return result;
}
