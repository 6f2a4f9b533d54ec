/* The appliance's SSH server: keys only, and nothing older than today's OpenSSH needs. */
#define DROPBEAR_SVR_PASSWORD_AUTH 0
#define DROPBEAR_SVR_AGENTFWD 0
#define DROPBEAR_SVR_REMOTETCPFWD 0
#define DROPBEAR_RSA_SHA1 0
#define DROPBEAR_SHA1_HMAC 0
#define DROPBEAR_DH_GROUP14_SHA1 0
#define INETD_MODE 0
#define DROPBEAR_PIDFILE "/run/dropbear.pid"
