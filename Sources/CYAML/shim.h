// libyaml, as the system has it. Packages for YAML in Swift bring all of Foundation along, and with it 50 MB of Unicode data in
// a binary that is linked statically.
#include <yaml.h>
