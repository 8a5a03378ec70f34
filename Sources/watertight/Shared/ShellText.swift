/// Words as a POSIX shell takes them.
enum ShellText {
    /// The words as one command line; those that a shell would take apart are quoted.
    static func quoted(_ words: [String]) -> String {
        words.map(quoted).joined(separator: " ")
    }

    private static func quoted(_ word: String) -> String {
        let isPlain = word.unicodeScalars.allSatisfy { scalar in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "-", "_", ".", "/", ":", "=", "@", "%", "+", ",": true
            // Braces are only taken apart around a comma or dots; {port} is left readable.
            case "{", "}": !word.contains(",") && !word.contains("..")
            default: false
            }
        }
        if isPlain && !word.isEmpty { return word }
        return "'" + word.replacing("'", with: "'\\''") + "'"
    }
}
