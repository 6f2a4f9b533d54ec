#include "fake.h"
#include "fmt.h"
#include "say.h"

#include <string.h>

char fake_said[16384];

void say(const char *format, ...)
{
    size_t length = strlen(fake_said);
    va_list ap;
    va_start(ap, format);
    length += fmt_v(fake_said + length, sizeof(fake_said) - length - 1, format, ap);
    va_end(ap);
    memcpy(fake_said + length, "\n", 2);
}
