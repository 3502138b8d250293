using System.Collections.Concurrent;
using System.Diagnostics;

namespace DnsAwareHttp.Tests.Fakes;

/// <summary>The runtime's activities of the requests to one server, or below one host.</summary>
internal sealed class RecordedActivities : IDisposable
{
    private readonly ActivityListener _listener;
    private readonly ConcurrentQueue<string> _stopped = new();

    public RecordedActivities(Func<Activity, bool> isMine)
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == "System.Net.Http",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                if (isMine(activity))
                {
                    _stopped.Enqueue(Describe(activity));
                }
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public IEnumerable<string> Stopped => _stopped;

    public void Dispose() => _listener.Dispose();

    private static string Describe(Activity activity) =>
        $"activity {activity.OperationName} {activity.DisplayName} {activity.Kind} {activity.Status} below {activity.Parent?.OperationName ?? "none"}: "
        + string.Join(' ', activity.TagObjects.OrderBy(tag => tag.Key, StringComparer.Ordinal).Select(tag => $"{tag.Key}={tag.Value}"))
        + string.Concat(activity.Events.Select(happening => $" event {happening.Name}"));
}
