/// The number with which a system call refused.
struct SystemCallError: Error, Hashable {
    var errno: Int32
}
