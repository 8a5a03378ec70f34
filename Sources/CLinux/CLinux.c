// SwiftPM compiles a C target only when it has a source file; everything lives in the header.
