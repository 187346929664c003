"""The file system of a freshly installed Debian, without another kernel: /usr is the machine's own (read-only), all
else is made here and lives in memory. Runs as root in a mount namespace of its own."""
import os
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
EXCHANGE = "/media/exchange"  # the folder that the test shares with the machine
ETC = ["alternatives", "bash.bashrc", "default/useradd", "host.conf", "ld.so.cache", "ld.so.conf", "ld.so.conf.d",
       "login.defs", "nsswitch.conf", "pam.conf", "pam.d", "profile", "security", "ssl", "ca-certificates.conf",
       "debian_version", "services", "protocols", "skel"]


def mount(*arguments):
    subprocess.run(["mount", *map(str, arguments)], check=True)


def copy(source, target):
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True)
    elif source.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)


def make_etc(etc):
    for name in ETC:
        copy(Path("/etc") / name, etc / name)
    # The users of an empty Debian, not of this one.
    for name in ("passwd", "group"):
        shutil.copy(f"/usr/share/base-passwd/{name}.master", etc / name)
    for name in ("shadow", "gshadow"):
        (etc / name).touch(mode=0o640)
    (etc / "hostname").write_text("edge\n")
    (etc / "hosts").write_text("127.0.0.1 localhost\n")
    for folder in ("systemd/system", "tmpfiles.d"):
        (etc / folder).mkdir(parents=True)
    copy(Path("/etc/nginx"), etc / "nginx")


def make_dev(dev):
    mount("-t", "tmpfs", "-o", "mode=755", "dev", dev)
    for name in ("null", "zero", "full", "random", "urandom"):
        (dev / name).touch()
        mount("--bind", f"/dev/{name}", dev / name)
    (dev / "shm").mkdir(mode=0o1777)
    for name, target in (("fd", "fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        (dev / name).symlink_to(f"/proc/self/{target}")


def make_usr(root):
    (root / "usr").mkdir()
    mount("--bind", "/usr", root / "usr")
    mount("-o", "remount,bind,ro", root / "usr")
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        top = Path("/") / name
        if top.is_symlink():
            (root / name).symlink_to(os.readlink(top))
        elif top.is_dir():
            (root / name).mkdir()
            mount("--bind", top, root / name)
    local = root / "usr/local"
    mount("-t", "tmpfs", "-o", "mode=755", "local", local)
    for name in ("bin", "sbin", "lib", "share"):
        (local / name).mkdir()
    # What this machine cannot have, a package manager with a network and a service manager: stand-ins.
    for name in ("systemctl", "apt-get"):
        shutil.copy(HERE / name, local / "sbin" / name)
        (local / "sbin" / name).chmod(0o755)


def make_var(root):
    for folder in ("cache", "lib/nginx", "lib/misc", "log/nginx", "mail", "spool"):
        (root / "var" / folder).mkdir(parents=True)
    (root / "var/run").symlink_to("/run")
    (root / "var/lock").symlink_to("/run/lock")
    (root / "run/lock").mkdir(mode=0o1777)
    (root / "var/lib/dpkg").mkdir()
    mount("--bind", "/var/lib/dpkg", root / "var/lib/dpkg")
    mount("-o", "remount,bind,ro", root / "var/lib/dpkg")


def enter(root, exchange):
    """Makes the tree at the folder `root` and makes it this process's root."""
    root = Path(root)
    mount("-t", "tmpfs", "-o", "mode=755", "machine", root)
    os.umask(0o022)
    for folder in ("etc", "home", "media/exchange", "media/machine", "mnt", "opt", "proc", "root", "run", "srv", "sys"):
        (root / folder).mkdir(parents=True)
    (root / "root").chmod(0o700)
    for folder in ("tmp", "var/tmp", "dev"):
        (root / folder).mkdir(parents=True)
    for folder in ("tmp", "var/tmp"):
        (root / folder).chmod(0o1777)
    make_usr(root)
    make_etc(root / "etc")
    make_var(root)
    make_dev(root / "dev")
    mount("-t", "proc", "proc", root / "proc")
    mount("--bind", exchange, root / EXCHANGE[1:])
    mount("--bind", HERE, root / "media/machine")
    os.chdir(root)
    (root / "mnt/old").mkdir()
    subprocess.run(["pivot_root", ".", "mnt/old"], check=True)
    os.chroot(".")
    os.chdir("/root")
    subprocess.run(["umount", "--lazy", "/mnt/old"], check=True)
    os.rmdir("/mnt/old")
