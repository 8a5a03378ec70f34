/// Every target by the name that its executable has: one build serves all of them, under as many links.
private let targets: [String: @Sendable (FuzzInput) -> Void] = [
    "request": fuzzRequest,
    "response": fuzzResponse,
    "client-request": fuzzClientRequest,
    "negotiation": fuzzNegotiation,
    "frames": fuzzFrames,
    "compressed": fuzzCompressed,
    "roundtrip": fuzzRoundtrip,
]

nonisolated(unsafe) private var chosen: (@Sendable (FuzzInput) -> Void)?

/// Chooses the target; libFuzzer calls it once, before anything else.
@_cdecl("LLVMFuzzerInitialize")
public func chooseTarget(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>
) -> CInt {
    guard let path = arguments.pointee?[0] else { return 1 }
    let name = String(cString: path).split(separator: "/").last.map(String.init) ?? ""
    guard let target = targets[name] else {
        fatalError("no target is called \(name); there are \(targets.keys.sorted().joined(separator: ", "))")
    }
    chosen = target
    return 0
}

/// Runs the chosen target on one input.
@_cdecl("LLVMFuzzerTestOneInput")
public func runTarget(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    chosen?(FuzzInput(Array(UnsafeBufferPointer(start: start, count: count))))
    return 0
}
