namespace DnsAwareHttp.Sending;

/// <summary>
/// A number that differs between the processes of a fleet. The process id would not do: in containers it is the same everywhere.
/// </summary>
internal static class ProcessSeed
{
    public static readonly int Value = Random.Shared.Next();
}
