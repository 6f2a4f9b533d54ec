#include "config/guest_ip.h"

#include <arpa/inet.h>
#include <string.h>

int guest_parse_ips(const char *text, struct guest_ip ip[GUEST_IPS_MAX])
{
    int n = 0;
    for (;;) {
        text += strspn(text, " ;");
        size_t length = strcspn(text, " ;");
        if (length == 0)
            return n;
        char one[INET6_ADDRSTRLEN];
        if (length >= sizeof one || n == GUEST_IPS_MAX)
            return -1;
        memcpy(one, text, length);
        one[length] = '\0';
        ip[n] = (struct guest_ip){.family = strchr(one, ':') != NULL ? AF_INET6 : AF_INET};
        if (inet_pton(ip[n].family, one, ip[n].address) != 1)
            return -1;
        n++;
        text += length;
    }
}
