/// The progress of reading something that arrives in pieces.
public enum Progress<Value, Failure: Error> {
    /// All input is consumed and more is needed.
    case needsMore
    /// The value is whole; what follows it is left in the input.
    case complete(Value)
    /// The input cannot become the value; do not feed more.
    case failed(Failure)
}

extension Progress: Sendable where Value: Sendable {}
