"""Says what the program holds, by the path of holders, and where its tasks and threads stand.

The agent runs this file when it is first asked, in a namespace of its own. It answers with lines: of each path `PARENT COUNT
BYTES EDGE TYPE FILE LINE`, then an empty line, then of each kind of task or thread `KIND COUNT BYTES WHAT` and `FUNCTION FILE
LINE` of each frame, the innermost first; all separated by tabs. A path that fewer than three objects have is left out,
unless it leads to one that more have.
"""
import gc
import sys
import types

_MOST_OBJECTS = 3000000
_CODES = (types.FunctionType, types.CoroutineType, types.GeneratorType, types.AsyncGeneratorType)


def _is(o, types_of):
    """Whether it is one of those; a weak proxy is asked nothing."""
    return issubclass(type(o), types_of)


def _code(o):
    """The code that an object runs, if it is known for one."""
    t = type(o)
    if t is types.MethodType:
        o = o.__func__
        t = type(o)
    if t is types.FunctionType:
        return o.__code__
    if t is types.CoroutineType:
        return o.cr_code
    if t is types.GeneratorType:
        return o.gi_code
    if t is types.AsyncGeneratorType:
        return o.ag_code
    return None


def _target(o):
    """What a handle calls, or a task runs."""
    t = type(o)
    name = t.__name__
    if name == "Task" and hasattr(t, "get_coro"):
        return o.get_coro()
    if name in ("TimerHandle", "Handle"):
        return getattr(o, "_callback", None)
    if name == "partial":
        return getattr(o, "func", None)
    return None


def _kind(o):
    """The type of an object, with the name of what it runs."""
    t = type(o)
    if _is(o, type):
        return "class %s" % o.__qualname__
    if t in _CODES:
        return "%s %s" % (t.__name__, o.__qualname__)
    if t is types.MethodType:
        return "method %s" % getattr(o.__func__, "__qualname__", "?")
    if t is types.BuiltinFunctionType:
        return "builtin"
    if t is types.FrameType:
        return "frame %s" % o.f_code.co_name
    name = t.__qualname__
    try:
        target = _target(o)
        if target is not None:
            return "%s %s" % (name, getattr(target, "__qualname__", None) or type(target).__qualname__)
    except Exception:
        pass
    return name if t.__module__ in ("builtins", "__main__") else "%s.%s" % (t.__module__, name)


def _place(o):
    """Where the code of an object stands."""
    code = _code(o)
    if code is None:
        try:
            code = _code(_target(o))
        except Exception:
            code = None
    return (code.co_filename, code.co_firstlineno) if code is not None else ("", "")


def _attributes(t):
    """The names that instances of a type may have: its slots, and what its functions name that it does not define itself. A
    look at the dictionary of an instance may make that dictionary, which would be there at the next time."""
    names, defined = [], set()
    for base in t.__mro__:
        if base.__module__ == "builtins":
            continue
        slots = base.__dict__.get("__slots__", ())
        names += (slots,) if isinstance(slots, str) else slots
        for name, value in base.__dict__.items():
            if type(value) is not types.MemberDescriptorType:
                defined.add(name)
            if type(value) is types.FunctionType:
                names += value.__code__.co_names
    return [name for name in names if name not in defined]


def _key(key):
    """A key in words that are the same in every process, and run no code of the program."""
    t = type(key)
    if t is str:
        return key
    if t in (int, float, bool, bytes, type(None)):
        return repr(key)
    return key.__name__ if t is type or t is types.FunctionType else t.__name__


def _edge(holder, o):
    """By what name `holder` has `o`; looked for only where there is one of them."""
    try:
        t = type(holder)
        if t is dict:
            for key, value in holder.items():
                if value is o:
                    return "[%s]" % _key(key)[:40]
        elif t in (list, tuple):
            return "[]"
        elif t is types.FunctionType:
            for name, cell in zip(holder.__code__.co_freevars, holder.__closure__ or ()):
                if cell is o:
                    return name
        elif not _is(holder, type) and t.__module__ != "builtins":
            for name in _attributes(t):
                try:
                    if object.__getattribute__(holder, name) is o:
                        return "." + name
                except AttributeError:
                    pass
    except Exception:
        pass
    return ""


def _variables(module):
    """The lines at which a module assigns its variables."""
    lines = {}
    try:
        with open(module.__file__, encoding="utf-8", errors="replace") as source:
            for number, line in enumerate(source, 1):
                head = line.split("=", 1)
                if len(head) == 2 and not head[1].startswith("="):
                    for name in head[0].split(":", 1)[0].split(","):
                        name = name.strip()
                        if name.isidentifier() and not line[0].isspace():
                            lines.setdefault(name, number)
    except Exception:
        pass
    return lines


class _Walk(object):
    __slots__ = ("seen", "trie", "parent", "edges", "labels", "count", "size", "sample", "holder", "places", "tasks")

    def __init__(self, own):
        self.seen = set(own)
        self.trie = {}
        self.parent, self.edges, self.labels = [], [], []
        self.count, self.size, self.sample, self.holder, self.places = [], [], [], [], {}
        self.tasks = {}
        self.seen.update(id(getattr(self, name)) for name in self.__slots__)
        self.seen.add(id(self))

    def step(self, node, edge, label):
        if node >= 0 and not edge:
            # What hangs in a chain of its own kind is one step from the third link on, however long the chain.
            for period in (1, 2):
                once = self.above(node, period - 1)
                if once >= 0 and self.labels[once] == label:
                    twice = self.above(once, period)
                    if twice >= 0 and self.labels[twice] == label:
                        return once
        # A key that the collector does not track.
        key = "%d\t%s\t%s" % (node, edge, label)
        found = self.trie.get(key)
        if found is None:
            found = self.trie[key] = len(self.parent)
            for column, value in (
                (self.parent, node), (self.edges, edge), (self.labels, label), (self.count, 0), (self.size, 0),
                (self.sample, None), (self.holder, None),
            ):
                column.append(value)
        return found

    def above(self, node, steps):
        for _ in range(steps):
            if node >= 0:
                node = self.parent[node]
        return node

    def push(self, o, node, queue, edge="", holder=None, place=None):
        if id(o) in self.seen:
            return
        self.seen.add(id(o))
        try:
            label = _kind(o)
        except Exception:
            label = type(o).__name__
        found = self.step(node, edge, label)
        self.count[found] += 1
        try:
            # An allocator's blocks are multiples of two words.
            self.size[found] += (sys.getsizeof(o) + 15) & -16
        except Exception:
            pass
        if self.count[found] == 1:
            self.sample[found], self.holder[found] = o, holder
            if place is not None:
                self.places[found] = place
        if label.startswith("Task ") and hasattr(o, "get_coro"):
            self.note(o, label)
        queue.append((o, found))

    def note(self, task, label):
        try:
            if task.done():
                return
            frames = []
            awaited = task.get_coro()
            while awaited is not None and len(frames) < 20:
                frame = getattr(awaited, "cr_frame", None) or getattr(awaited, "gi_frame", None)
                if frame is not None:
                    frames.append(_line(frame))
                awaited = getattr(awaited, "cr_await", None) or getattr(awaited, "gi_yieldfrom", None)
            key = "%s\t%s" % (label, "\t".join(reversed(frames)))
            self.tasks[key] = self.tasks.get(key, 0) + 1
        except Exception:
            pass

    def run(self, queue):
        referents = gc.get_referents
        while queue:
            batch, queue[:] = queue[:], []
            for o, node in batch:
                for held in referents(o):
                    self.push(held, node, queue, holder=o)

    def lines(self):
        most = list(self.count)
        for node in range(len(most) - 1, -1, -1):
            above = self.parent[node]
            if above >= 0 and most[above] < most[node]:
                most[above] = most[node]
        numbers = {-1: -1}
        out = []
        for node in range(len(most)):
            if most[node] < 3 or self.parent[node] not in numbers:
                continue
            edge = self.edges[node]
            if not edge and self.count[node] == 1 and self.holder[node] is not None:
                edge = _edge(self.holder[node], self.sample[node])
            numbers[node] = len(out)
            name, line = self.places.get(node) or _place(self.sample[node])
            out.append("\t".join(_clean(each) for each in (
                numbers[self.parent[node]], self.count[node], self.size[node], edge, self.labels[node], name, line)))
        return out


def _numberless(name):
    letters = ["#" if letter.isdigit() else letter for letter in name]
    return "".join(each for index, each in enumerate(letters) if each != "#" or letters[index - 1:index] != ["#"])


def _clean(value):
    return str(value).replace("\t", " ").replace("\n", " ").replace("\r", " ")


def _line(frame):
    code = frame.f_code
    return "%s\t%s\t%d" % (code.co_name, code.co_filename, frame.f_lineno or 0)


def _order(entry):
    """The program's own modules first, so that a path begins in them."""
    name, module = entry
    path = getattr(module, "__file__", None) or ""
    in_packages = "site-packages" in path or "dist-packages" in path
    return name != "__main__", not path or "/lib/python" in path and not in_packages, in_packages, name


def answer(own, agent_thread):
    """Everything that is held but for what `own` names, as lines of text."""
    if len(gc.get_objects()) > _MOST_OBJECTS:
        return "refused %d\n" % len(gc.get_objects())
    walk = _Walk(own)
    queue = []
    walk.seen.add(id(queue))
    modules = [entry for entry in list(sys.modules.items()) if type(entry[1]) is types.ModuleType]
    for _, module in modules:
        walk.seen.add(id(module))
        walk.seen.add(id(module.__dict__))
    walk.seen.add(id(modules))
    for name, module in sorted(modules, key=_order):
        lines = None
        for variable, value in list(module.__dict__.items()):
            if variable.startswith("__") or _is(value, types.ModuleType):
                continue
            if _is(value, (type, types.FunctionType)) and value.__module__ != name:
                continue
            if lines is None:
                lines = {} if _order((name, module))[1] else _variables(module)
            place = (module.__file__, lines[variable]) if variable in lines else None
            edge = variable if name == "__main__" else "%s.%s" % (name, variable)
            walk.push(value, -1, queue, edge=edge, place=place)
    walk.run(queue)
    names = {}
    threading = sys.modules.get("threading")
    if threading is not None:
        names = {ident: thread.name for ident, thread in list(getattr(threading, "_active", {}).items())}
    threads = {}
    for ident, frame in sys._current_frames().items():
        if ident == agent_thread:
            continue
        stack = []
        depth = 0
        while frame is not None and depth < 64:
            if depth < 20:
                stack.append(_line(frame))
            edge = "a frame of %s" % frame.f_code.co_name
            for variable, value in list(frame.f_locals.items()):
                walk.push(value, -1, queue, edge="%s: %s" % (edge, variable), place=(frame.f_code.co_filename, frame.f_lineno))
            frame = frame.f_back
            depth += 1
        name = "thread " + _numberless(names.get(ident, "thread"))
        key = "%s\t%s" % (_clean(name), "\t".join(stack))
        threads[key] = threads.get(key, 0) + 1
    walk.run(queue)
    # What the interpreter tracks and nothing that is known holds.
    for o in gc.get_objects():
        if not _is(o, (types.FrameType, type, types.ModuleType)) and o is not queue and o is not threads and o is not names:
            walk.push(o, -1, queue, edge="the interpreter")
    walk.run(queue)
    out = walk.lines()
    out.append("")
    for kind, found in (("task", walk.tasks), ("thread", threads)):
        out += ["%s\t%d\t0\t%s" % (kind, count, key) for key, count in found.items()]
    return "\n".join(out) + "\n"
