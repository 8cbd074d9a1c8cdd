"""Gives up, for good, what the code of a user does not need.

Uses nothing but the standard library and must run before any thread is started: Landlock binds the
thread that asks for it and those it starts later.
"""

import ctypes
import os
import platform
import resource
import signal
import struct
import sys

# Landlock; its three calls have the same numbers everywhere.
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
TRUNCATE = 1 << 14
ON_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE
RIGHTS_OF = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}
NEWEST_RIGHTS = (1 << 16) - 1
READING = EXECUTE | READ_FILE | READ_DIR

# What programs and numeric libraries read on any Linux; nothing of it is secret.
SYSTEM = (
    "/usr",
    "/lib",
    "/lib64",
    "/bin",
    "/sbin",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/alternatives",
    "/etc/localtime",
    "/etc/timezone",
    "/etc/mime.types",
    "/etc/passwd",
    "/etc/group",
    "/etc/nsswitch.conf",
    "/etc/os-release",
    "/proc",
    "/sys/devices/system",
    "/sys/fs/cgroup",
    "/sys/kernel/mm",
    "/dev/urandom",
    "/dev/random",
)
SINKS = ("/dev/null", "/dev/zero", "/dev/full")

# System calls by the machine's names; those of a machine that is not listed are not filtered.
MACHINES = {
    "x86_64": (
        0xC000003E,
        {
            "socket": 41,
            "socketpair": 53,
            "clone": 56,
            "clone3": 435,
            "connect": 42,
            "ptrace": 101,
            "setsid": 112,
            "pivot_root": 155,
            "chroot": 161,
            "acct": 163,
            "settimeofday": 164,
            "mount": 165,
            "umount2": 166,
            "swapon": 167,
            "swapoff": 168,
            "reboot": 169,
            "iopl": 172,
            "ioperm": 173,
            "init_module": 175,
            "delete_module": 176,
            "quotactl": 179,
            "clock_settime": 227,
            "kexec_load": 246,
            "add_key": 248,
            "request_key": 249,
            "keyctl": 250,
            "unshare": 272,
            "perf_event_open": 298,
            "fanotify_init": 300,
            "name_to_handle_at": 303,
            "open_by_handle_at": 304,
            "setns": 308,
            "process_vm_readv": 310,
            "process_vm_writev": 311,
            "finit_module": 313,
            "kexec_file_load": 320,
            "bpf": 321,
            "userfaultfd": 323,
        },
    ),
    "aarch64": (
        0xC00000B7,
        {
            "socket": 198,
            "socketpair": 199,
            "clone": 220,
            "clone3": 435,
            "connect": 203,
            "ptrace": 117,
            "setsid": 157,
            "pivot_root": 41,
            "chroot": 51,
            "acct": 89,
            "settimeofday": 170,
            "mount": 40,
            "umount2": 39,
            "swapon": 224,
            "swapoff": 225,
            "reboot": 142,
            "init_module": 105,
            "delete_module": 106,
            "quotactl": 60,
            "clock_settime": 112,
            "kexec_load": 104,
            "add_key": 217,
            "request_key": 218,
            "keyctl": 219,
            "unshare": 97,
            "perf_event_open": 241,
            "fanotify_init": 262,
            "name_to_handle_at": 264,
            "open_by_handle_at": 265,
            "setns": 268,
            "process_vm_readv": 270,
            "process_vm_writev": 271,
            "finit_module": 273,
            "kexec_file_load": 294,
            "bpf": 280,
            "userfaultfd": 282,
        },
    ),
}
# The same on all machines: rings can open sockets where no filter looks, and newer ways to mount.
EVERYWHERE = {
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "fsconfig": 431,
    "fsmount": 432,
    "fspick": 433,
    "pidfd_getfd": 438,
    "mount_setattr": 442,
}
SOCKETS = ("socket", "connect")
X32 = 0x40000000
NEW_NAMESPACES = 0x7E020000
ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
EPERM, EACCES, ENOSYS, EINVAL, EOPNOTSUPP = 1, 13, 38, 22, 95
ABSENT = (ENOSYS, EINVAL, EOPNOTSUPP)

NO_NEW_PRIVS, SET_SECCOMP, SECCOMP_FILTER, CHILD_SUBREAPER, PARENT_DEATH = 38, 22, 2, 36, 1
DROP_CAPABILITY = 24

_libc = ctypes.CDLL(None, use_errno=True)


class Unconfined(Exception):
    """The kernel lacks what it takes."""


def confine(writable, readable, limits, policy):
    """Applies everything and says what there is, as in ("Landlock 7", "seccomp").

    With the policy "required" it raises Unconfined when one of the two is missing, with "auto" when
    the kernel has it and it cannot be applied.
    """
    _session()
    _resources(limits)
    _prctl(NO_NEW_PRIVS, 1)
    _capabilities()
    applied, missing, is_refused = [], [], False
    for name, step in (
        ("Landlock", lambda: _landlock(writable, readable)),
        ("seccomp", _seccomp),
    ):
        try:
            applied.append(step())
        except OSError as error:
            missing.append("%s (%s)" % (name, error.strerror or error))
            is_refused |= error.errno not in ABSENT
    if missing and (policy == "required" or policy == "auto" and is_refused):
        raise Unconfined("this machine does not offer " + " and ".join(missing))
    return applied, missing


def _session():
    """A session of its own: whatever it starts stays in it and is found there."""
    try:
        os.setsid()
    except OSError:
        pass  # it leads one already
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _prctl(PARENT_DEATH, int(signal.SIGKILL))
    _prctl(CHILD_SUBREAPER, 1)  # children of children count as ours when their parent is gone
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("500")
    except OSError:
        pass


def _resources(limits):
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, limits.get("file", 16 << 30))
    if "data" in limits:
        _lower(resource.RLIMIT_DATA, limits["data"])
    # Counts all threads of the user, those of the server included.
    _lower(resource.RLIMIT_NPROC, _threads_of_user() + limits.get("processes", 512))


def _capabilities():
    """None at all: with some of them root may look into processes of others."""
    none = ctypes.create_string_buffer(24)
    for number in range(64):
        _libc.prctl(DROP_CAPABILITY, ctypes.c_ulong(number), 0, 0, 0)  # needs a right of its own
    header = struct.pack("=Ii", 0x20080522, 0)
    if _libc.capset(header, none) != 0:
        raise OSError(ctypes.get_errno(), "capabilities cannot be given up")


def _lower(which, value):
    _, hard = resource.getrlimit(which)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(which, (value, value))


def _threads_of_user():
    me, count = os.getuid(), 0
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                if os.stat("/proc/" + name).st_uid == me:
                    count += len(os.listdir("/proc/" + name + "/task"))
            except OSError:
                continue  # it ended in between, or is not ours to look at
    return count


def _prctl(option, argument):
    word = ctypes.c_ulong
    if _libc.prctl(option, word(argument), word(0), word(0), word(0)) != 0:
        raise OSError(ctypes.get_errno(), "prctl %d refused" % option)


def _call(number, *arguments):
    result = _libc.syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result


def _landlock(writable, readable):
    long, size = ctypes.c_long, ctypes.c_size_t
    version = _call(CREATE_RULESET, None, size(0), long(1))
    rights = RIGHTS_OF.get(version, NEWEST_RIGHTS)
    attributes = struct.pack("=Q", rights)
    if version >= 4:
        attributes += struct.pack("=Q", 3)  # neither bind nor connect
    if version >= 6:
        attributes += struct.pack("=Q", 3)  # neither abstract sockets nor signals to others
    ruleset = _call(CREATE_RULESET, attributes, size(len(attributes)), long(0))
    try:
        for path in (*SYSTEM, *_installation(), *readable):
            _allow(ruleset, path, READING & rights)
        for path in SINKS:
            _allow(ruleset, path, (READ_FILE | WRITE_FILE) & rights)
        for path in writable:
            _allow(ruleset, path, rights & ~(EXECUTE | 1 << 15))
        _call(RESTRICT_SELF, long(ruleset), long(0))
    finally:
        os.close(ruleset)
    return "Landlock %d" % version


def _installation():
    """Python, its packages and these files."""
    here = os.path.dirname(os.path.abspath(__file__))
    return {
        here,
        sys.prefix,
        sys.base_prefix,
        sys.exec_prefix,
        os.path.dirname(os.path.realpath(sys.executable)),
    }


def _allow(ruleset, path, rights):
    try:
        target = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # not on this machine
    try:
        if not os.path.isdir(path):
            rights &= ON_FILES
        rule = struct.pack("=Qi", rights, target)
        _call(ADD_RULE, ctypes.c_long(ruleset), ctypes.c_long(1), rule, ctypes.c_long(0))
    finally:
        os.close(target)


def _seccomp():
    if platform.machine() not in MACHINES or sys.maxsize < 1 << 32:
        raise OSError(ENOSYS, "not made for " + platform.machine())
    program = b"".join(struct.pack("=HBBI", *step) for step in _filter(platform.machine()))
    buffer = ctypes.create_string_buffer(program, len(program))

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.c_void_p)]

    header = Program(len(program) // 8, ctypes.addressof(buffer))
    if _libc.prctl(SET_SECCOMP, ctypes.c_ulong(SECCOMP_FILTER), ctypes.byref(header), 0, 0) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return "seccomp"


def _filter(machine):
    """The program of the filter: (code, steps if true, steps if false, operand)."""
    architecture, numbers = MACHINES[machine]
    load, equal, at_least, any_bit, mask, answer = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
    steps = [
        (load, 0, 0, 4),
        (equal, 1, 0, architecture),
        (answer, 0, 0, KILL),
        (load, 0, 0, 0),
    ]
    if machine == "x86_64":
        steps += [(at_least, 0, 1, X32), (answer, 0, 0, ERRNO | ENOSYS)]
    # Pairs of streams (AF_UNIX, SOCK_STREAM) and no other sockets: any other could send to a name.
    steps += [
        (equal, 0, 7, numbers["socketpair"]),
        (load, 0, 0, 16),
        (equal, 0, 4, 1),
        (load, 0, 0, 24),
        (mask, 0, 0, 0xF),
        (equal, 0, 1, 1),
        (answer, 0, 0, ALLOW),
        (answer, 0, 0, ERRNO | EACCES),
        (equal, 0, 4, numbers["clone"]),
        (load, 0, 0, 16),
        (any_bit, 0, 1, NEW_NAMESPACES),
        (answer, 0, 0, ERRNO | EPERM),
        (answer, 0, 0, ALLOW),
        # Its flags are in memory, where a filter cannot look: libraries then use the other.
        (equal, 0, 1, numbers["clone3"]),
        (answer, 0, 0, ERRNO | ENOSYS),
    ]
    for name, number in {**numbers, **EVERYWHERE}.items():
        if name not in ("socketpair", "clone", "clone3"):
            refusal = EACCES if name in SOCKETS else EPERM
            steps += [(equal, 0, 1, number), (answer, 0, 0, ERRNO | refusal)]
    steps.append((answer, 0, 0, ALLOW))
    return steps
