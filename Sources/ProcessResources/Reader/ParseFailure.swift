/// Text from the kernel in an unexpected form.
package struct ParseFailure: Error, Hashable {
    /// What was missing or wrong.
    package var detail: String

    package init(_ detail: String) { self.detail = detail }
}
