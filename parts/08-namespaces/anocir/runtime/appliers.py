"""Which function does which kind of step."""

from __future__ import annotations

from anocir.runtime import container, hooks, namespaces, process, timens

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from anocir.plan.plan import Step
    from anocir.runtime.context import Context

APPLIERS: dict[str, Callable[[Step, Context], None]] = {
    "reserve": container.reserve,
    "freeze": container.freeze,
    "record": container.write_record,
    "fifos": container.make_fifos,
    "clone": container.make_process,
    "ready": container.wait_ready,
    "pid": container.record_process,
    "pid-file": container.write_pid_file,
    "open-namespaces": namespaces.open_joined,
    "clone-flags": namespaces.set_clone_flags,
    "join-namespaces": namespaces.join,
    "unshare": namespaces.unshare,
    "hostname": namespaces.set_hostname,
    "domainname": namespaces.set_domainname,
    "check-time": timens.check_kernel,
    "time-offsets": timens.set_offsets,
    "session": process.new_session,
    "cwd": process.change_directory,
    "find": process.find_executable,
    "keep-hooks": hooks.keep,
    "runtime-hooks": hooks.ask,
    "container-hooks": hooks.run_in_namespaces,
    "start-hooks": hooks.run_in_container,
    "exec": process.execute,
}
