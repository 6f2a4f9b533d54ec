/* mutant(M_X) marks the places where one deliberate fault, named in sim/mutants.h, can be switched
 * on to see whether the simulator notices. In every build but the simulator's it is false. */
#pragma once
#ifdef CORE_MUTANTS
#include "sim/mutants.h"
#else
#define mutant(name) false
#endif
