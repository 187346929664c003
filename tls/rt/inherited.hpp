// Resets what a process inherits from its parent (a shell, a supervisor, a container): signals,
// standard streams, file modes.
#pragma once

namespace edgeroll::rt {

/// Call first in main() of a command. Opens closed standard streams, so that no other file or
/// connection gets their numbers (using them is still an error); unblocks all signals; makes ended
/// children waitable. Ignored signals stay ignored, for nohup. Call before any thread starts.
void begin_command();

/// The same for a service, which also ignores SIGPIPE and SIGXFSZ (both become error codes) and
/// sets the umask: the owner can use new files, and only the owner can write them.
void begin_service();

}  // namespace edgeroll::rt
