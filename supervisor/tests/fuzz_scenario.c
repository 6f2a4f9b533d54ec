/* Scenario files from anywhere: refused with a reason, or parsed and printed so that they parse
 * again. */
#include <stdlib.h>
#include <string.h>

#include "sim/scenario.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct plan plan;
    static char text[65536];
    char error[SCENARIO_ERROR] = "";
    if (size >= sizeof(text))
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    if (scenario_parse(text, &plan, error) != 0) {
        if (error[0] == '\0')
            abort();
        return 0;
    }
    FILE *f = fmemopen(text, sizeof(text), "w");
    if (f == NULL)
        return 0;
    scenario_print(f, &plan);
    fclose(f);
    if (scenario_parse(text, &plan, error) != 0)
        abort();
    return 0;
}
