namespace Connecting.Scenarios;

/// <summary>Something that goes wrong, and what it costs each client.</summary>
internal interface IScenario
{
    /// <summary>What it is called on the command line.</summary>
    string Name { get; }

    /// <summary>What goes wrong, in a sentence.</summary>
    string Summary { get; }

    /// <summary>Measures and prints a table.</summary>
    /// <param name="seconds">How long a load lasts where the scenario does not say.</param>
    Task RunAsync(int seconds);
}
