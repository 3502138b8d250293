using System.Text.Json;

namespace HostsFlip;

/// <summary>The recording in numbers, as one line of JSON.</summary>
internal static class JsonReport
{
    private static readonly JsonSerializerOptions CamelCase = new(JsonSerializerDefaults.Web);

    public static string Of(Recording recording) => JsonSerializer.Serialize(
        new
        {
            Plain = Of(recording.Plain, recording),
            Ours = Of(recording.Ours, recording),
            Download = new { recording.Download.Bytes, Complete = recording.Download.IsComplete },
        },
        CamelCase);

    private static object Of(ClientRun client, Recording recording) => new
    {
        Requests = client.Outcomes.Count,
        Failed = client.Failures.Count,
        SwitchMs = recording.SwitchOf(client) is TimeSpan time ? (long?)Math.Round(time.TotalMilliseconds) : null,
        ToRemovedServer = recording.AnsweredByTheRemovedServer(client),
        LongestWaitMs = (long)client.LongestWait.TotalMilliseconds,
        Addresses = client.Addresses.Select(address => address.ToString()),
    };
}
