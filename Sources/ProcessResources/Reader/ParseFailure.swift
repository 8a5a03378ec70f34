/// Text from the kernel that does not read as it should.
package struct ParseFailure: Error, Hashable {
    /// What was missing or wrong.
    package var detail: String

    package init(_ detail: String) { self.detail = detail }
}
