"""The modules of a build, as compilers find them."""

from Harness.environments import CHECKOUT


def module_options(build):
    """The words that make a compiler find the modules of the build's folder, and those in C."""
    maps = [*build.glob("C*.build/module.modulemap"), *(CHECKOUT / "Sources").glob("C*/module.modulemap")]
    return ["-I", build / "Modules", *(word for file in maps for word in ["-Xcc", f"-fmodule-map-file={file}"])]
