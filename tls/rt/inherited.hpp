// What a process inherits from whoever started it (a shell, a supervisor, a container) and must not
// depend on: signals, standard streams, file modes.
#pragma once

namespace edgeroll::rt {

/// First thing in main() of a command: standard streams that are closed are opened, so that no
/// other file or connection gets their numbers (using them is an error, as before); no signal is
/// blocked; ended children can be waited for. Signals that are ignored stay so: that is how nohup
/// works. Before any thread is started.
void begin_command();

/// The same for a service, which also ignores SIGPIPE (a peer or a reader that has gone is an error
/// code) and SIGXFSZ (a file too large as well), and makes files that their owner may use and that
/// only the owner may write, whatever the umask.
void begin_service();

}  // namespace edgeroll::rt
