#include "rng.h"

#include "fmt.h"
#include "say.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <unistd.h>
#include <x86intrin.h>

#define INCARNATION "/run/incarnation"
#define ROUND       4096 /* readings handed to the kernel at a time */
#define ROUNDS_MAX  16   /* four times what a good clock needs */

static bool ready(void)
{
    char byte;
    return getrandom(&byte, 1, GRND_NONBLOCK) == 1;
}

unsigned rng_credit(const uint32_t *readings, size_t count)
{
    uint32_t first = 0;
    uint32_t second = 0;
    size_t lively = 0;
    for (size_t i = 1; i < count; i++) {
        uint32_t delta = readings[i] - readings[i - 1];
        uint32_t change = delta - first;
        if (delta != 0 && change != 0 && change != second)
            lively++;
        first = delta;
        second = change;
    }
    return (unsigned)(lively / JITTER_PER_BIT);
}

static void take_readings(uint32_t *to, size_t count)
{
    static volatile unsigned char memory[64 * 1024]; /* beyond the first-level cache */
    static unsigned at;
    for (size_t i = 0; i < count; i++) {
        for (int step = 0; step < 16; step++) {
            at = (at * 1103515245U + 12345U + memory[at % sizeof(memory)]) & 0x7fffffffU;
            memory[at % sizeof(memory)]++;
        }
        to[i] = (uint32_t)__rdtsc();
    }
}

void rng_seed(void)
{
    static struct {
        int credit; /* the layout of struct rand_pool_info, which ends in a flexible array */
        int size;
        uint32_t readings[ROUND];
    } pool;
    if (ready())
        return;
    int fd = open("/dev/urandom", O_WRONLY | O_CLOEXEC);
    unsigned bits = 0;
    int rounds = 0;
    for (; fd >= 0 && bits < JITTER_BITS && rounds < ROUNDS_MAX; rounds++) {
        take_readings(pool.readings, ROUND);
        pool.credit = (int)rng_credit(pool.readings, ROUND);
        pool.size = sizeof(pool.readings);
        if (ioctl(fd, RNDADDENTROPY, &pool) != 0)
            break;
        bits += (unsigned)pool.credit;
    }
    if (fd >= 0)
        close(fd);
    say("random generator %s: %u bits credited from timing jitter in %d rounds",
        ready() ? "seeded" : "NOT seeded, first users may wait", bits, rounds);
}

void rng_name_this_boot(void)
{
    uint64_t id = 0;
    char text[20];
    if (getrandom(&id, sizeof(id), GRND_NONBLOCK) != sizeof(id) &&
        getrandom(&id, sizeof(id), GRND_INSECURE) != sizeof(id))
        say("no random number for %s: %s", INCARNATION, strerror(errno));
    size_t n = fmt(text, sizeof(text), "%016lx\n", (unsigned long)id);
    int fd = open(INCARNATION, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0444);
    if (fd < 0 || write(fd, text, n) != (ssize_t)n)
        say("cannot write %s: %s; this node cannot join a cluster", INCARNATION, strerror(errno));
    else
        say("incarnation %016lx", (unsigned long)id);
    if (fd >= 0)
        close(fd);
}
