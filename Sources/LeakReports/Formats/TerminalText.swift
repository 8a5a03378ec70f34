extension String {
    /// Without what could move a terminal's cursor.
    package var withoutControls: String {
        String(unicodeScalars.map { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) ? "?" : Character($0) })
    }
}
