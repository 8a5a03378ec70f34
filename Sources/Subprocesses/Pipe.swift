import CLinux
import Glibc
package import SystemCalls

/// A pipe whose ends a started program does not inherit, but where it is given one.
package struct Pipe: ~Copyable {
    /// The end to read from.
    package let reading: OwnedDescriptor
    /// The end to write to.
    package let writing: OwnedDescriptor

    /// A new pipe.
    package init() throws(SystemCallError) {
        var ends: [Int32] = [-1, -1]
        guard pipe2(&ends, O_CLOEXEC) == 0 else { throw SystemCallError(.pipe2) }
        reading = OwnedDescriptor(owning: ends[0])
        writing = OwnedDescriptor(owning: ends[1])
    }

    /// The reading end; the other one is closed.
    consuming func closingWriting() -> OwnedDescriptor { reading }
}
