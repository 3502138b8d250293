namespace Convergence;

/// <summary>The benchmark was started in a way that cannot work; the message tells its user what to change.</summary>
internal sealed class WrongUseException(string message) : Exception(message);
