import ArgumentParser

@main
struct Watertight: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Find the connection lifecycle that leaks.")
}
