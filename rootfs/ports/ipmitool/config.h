/* What ipmitool's configure would find on musl, with one interface: IPMI 2.0 over the network. */
#define PACKAGE              "ipmitool"
#define VERSION              "1.8.19"
#define HAVE_ALLOCA_H        1
#define HAVE_PATHS_H         1
#define HAVE_TERMIOS_H       1
#define HAVE_PRAGMA_PACK     1
#define HAVE_CRYPTO_SHA256   1
#define ENABLE_ALL_OPTIONS   1
#define IPMI_INTF_LANPLUS    1
#define DEFAULT_INTF         "lanplus"
#define IANADIR              "/usr/share/misc"
#define IANAUSERDIR          ".local/usr/share/misc"
#define PATH_SEPARATOR       "/"
