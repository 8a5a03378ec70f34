/// Whose code a package is, by its name.
package enum JavaPackage: Int, Comparable {
    /// The program's.
    case own
    /// A server or another library that programs are built on.
    case library
    /// The JDK's.
    case runtime

    private static let runtimes = ["java", "javax", "jdk", "sun", "com/sun"]
    private static let libraries = [
        "akka", "ch/qos", "com/corundumstudio", "com/fasterxml", "com/google", "io/grpc", "io/helidon", "io/ktor",
        "io/micronaut", "io/micrometer", "io/netty", "io/opentelemetry", "io/quarkus", "io/reactivex", "io/socket",
        "io/undertow", "io/vertx", "jakarta", "kotlin", "kotlinx", "net/bytebuddy", "okhttp3", "okio", "org/apache",
        "org/eclipse", "org/glassfish", "org/hibernate", "org/java_websocket", "org/jboss", "org/slf4j",
        "org/springframework", "org/xnio", "reactor", "scala",
    ]

    /// The package of a class or a source file whose name has slashes.
    package init(of path: some StringProtocol) {
        func isIn(_ package: String) -> Bool { path.hasPrefix(package + "/") }
        self = Self.runtimes.contains(where: isIn) ? .runtime : Self.libraries.contains(where: isIn) ? .library : .own
    }

    package static func < (one: JavaPackage, other: JavaPackage) -> Bool { one.rawValue < other.rawValue }
}
