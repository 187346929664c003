"""A small file system, in a mount namespace of this test process and its children."""
import ctypes
import os

CLONE_NEWNS = 0x00020000
MS_REC, MS_PRIVATE = 0x4000, 0x40000
MNT_DETACH = 2

_libc = ctypes.CDLL(None, use_errno=True)
_has_namespace = False


def _enter_namespace():
    """Once per process: later mounts are visible only to it and its children."""
    global _has_namespace
    if not _has_namespace and os.geteuid() == 0 and _libc.unshare(CLONE_NEWNS) == 0:
        _has_namespace = _libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None) == 0
    return _has_namespace


def mount_small_disk(folder, size):
    """Mounts an empty file system of `size` bytes at the folder, which is created if absent. False: not permitted."""
    if not _enter_namespace():
        return False
    os.makedirs(folder, exist_ok=True)
    return _libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, f"size={size},mode=755".encode()) == 0


def unmount(folder):
    _libc.umount2(os.fsencode(folder), MNT_DETACH)
