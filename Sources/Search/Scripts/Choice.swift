/// Choosing by weight.
extension RandomNumberGenerator {
    /// One of `choices`, as often as its weight says.
    mutating func choose<Value>(_ choices: [(weight: Int, value: Value)]) -> Value {
        var at = Int.random(in: 0..<choices.reduce(0) { $0 + $1.weight }, using: &self)
        for choice in choices {
            at -= choice.weight
            if at < 0 { return choice.value }
        }
        preconditionFailure("a choice needs a weight above zero")
    }

    /// One of `values`, which are not none.
    mutating func pick<Values: Collection>(_ values: Values) -> Values.Element {
        values.randomElement(using: &self)!
    }

    /// True in `percent` of 100.
    mutating func happens(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
}
