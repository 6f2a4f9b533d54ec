"""One port's way from its files to a DESTDIR tree: unpack, patch, run the build steps."""
import os
import shutil
import subprocess

from . import lay, ports, toolchain
from .errors import PortError

LOG_TAIL = 15  # lines of a failed step's log that are shown


class Recipe:
    """A port in a folder of its own, work: src/ the source, out/root/ what it installs, tmp/."""

    def __init__(self, port, builder, work, log_path):
        self.port, self.builder, self.work, self.log_path = port, builder, work, log_path
        self.src, self.root = work / "src", work / "out/root"

    def run(self, files):
        """Does it all. files: name -> path of what was downloaded. PortError names the step and the log."""
        for folder in (self.src, self.root, self.work / "tmp"):
            folder.mkdir(parents=True)
        with open(self.log_path, "w", encoding="utf-8") as self.log:
            self._step("unpack", self._unpack, files)
            self._step("patch", self._patch)
            self._step("build", self._build)
        _tidy(self.root)

    def _step(self, name, function, *arguments):
        try:
            function(*arguments)
        except subprocess.CalledProcessError as failure:
            status = failure.returncode
            how = f"exit status {status}" if status >= 0 else f"signal {-status}"
            tail = self.log_path.read_text(errors="replace").splitlines()[-LOG_TAIL:]
            raise PortError(f"{self.port.name} {self.port.version}: {name} failed with {how}, "
                            f"log: {self.log_path}\n"
                            + "\n".join("    " + line for line in tail)) from None

    def _call(self, *command, cwd=None, env=None):
        self.builder.call(self.port, command, cwd or self.work, env, self.log)

    def _untar(self, archive, to, strip):
        self._call("tar", "-x", "--no-same-owner", f"--strip-components={strip}", "-f", archive, "-C", to)

    def _unpack(self, files):
        package = self.work / "package" if self.port.unpack else self.src
        for name, path in files.items():
            if name.endswith(".deb"):
                self._call("dpkg-deb", "-x", path, package)
            else:  # Debian's own tarball has no top folder, upstream's has one
                self._untar(path, self.src, 0 if ".debian.tar." in name else 1)
        if self.port.unpack:
            self._untar(package / self.port.unpack, self.src, 1)
            shutil.rmtree(package)

    def _patch(self):
        for entry in self.port.patches:
            if entry.startswith("debian"):
                patches = self._debian_patches(entry)
            else:
                patches = sorted(self.builder.tree.glob(entry))
            for patch in patches:
                self._call("patch", "-p1", "--no-backup-if-mismatch", "-i", patch, cwd=self.src)

    def _debian_patches(self, entry):
        """For "debian" all of Debian's series, for "debian:NAME" one of it."""
        folder = self.src / "debian/patches"
        where = f"{self.port.name}: patches says '{entry}'"
        if not (folder / "series").exists():
            raise PortError(f"{where}, but none of its files has Debian's series")
        lines = (line.split() for line in (folder / "series").read_text().splitlines())
        series = [words[0] for words in lines if words and not words[0].startswith("#")]
        name = entry.removeprefix("debian").removeprefix(":")
        if not name:
            return [folder / each for each in series]
        if name not in series:
            raise PortError(f"{where}, which is not in Debian's series")
        return [folder / name]

    def _build(self):
        sysroot, tools = self.work / "sysroot", self.work / "tools"
        known, root_of = self.builder.ports, self.builder.root
        if self.port.on_musl:
            roots = [root_of(need) for need in ports.closure(known, self.port.needs)]
            lay.sysroot(roots, sysroot, hide=[(self.src, f"/{self.port.name}"), (sysroot, "")])
            toolchain.write_tools(tools, sysroot)
        env = toolchain.environment(self.port, self.work, sysroot, tools, self.root, self.builder.tree)
        env["MAKEFLAGS"] = self.builder.jobserver.makeflags
        for need in self.port.needs:
            env["PORT_" + need.upper().replace("-", "_")] = str(root_of(known[need]))
        steps = "umask 022; set -x\n" + self.port.build
        self._call("nice", "-n", "5", "bash", "-euo", "pipefail", "-c", steps, cwd=self.src, env=env)


def _tidy(root):
    """The same bits whatever built them: programs under usr/, no libtool files, one time stamp."""
    for name in ("bin", "sbin", "lib"):
        if (root / name).is_dir() and not (root / name).is_symlink():
            lay.merge(root / name, root / "usr" / name)
            shutil.rmtree(root / name)
    for path in sorted(root.rglob("*.la")):
        path.unlink()
    moment = toolchain.SOURCE_DATE_EPOCH
    for path in [root, *root.rglob("*")]:
        os.utime(path, (moment, moment), follow_symlinks=False)
