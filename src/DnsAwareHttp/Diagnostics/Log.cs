using System.Net;
using Microsoft.Extensions.Logging;

namespace DnsAwareHttp.Diagnostics;

/// <summary>All lines that the library writes to a log. Read from top to bottom they tell what the library does.</summary>
internal static partial class Log
{
    // 1-19: names and answers

    [LoggerMessage(1, LogLevel.Debug, "{Host}: asked; {Answer}.", EventName = "AnswerReceived")]
    public static partial void AnswerReceived(this ILogger logger, string host, Answer answer);

    [LoggerMessage(
        2, LogLevel.Warning, "{Host}: cannot be resolved ({Reason}). {Consequence}. The next question is due in {Delay:0.0} s.",
        EventName = "ResolutionFailed")]
    public static partial void ResolutionFailed(this ILogger logger, string host, string reason, string consequence, double delay);

    [LoggerMessage(
        3, LogLevel.Information, "{Host}: can be resolved again. Questions that failed before: {Failures}.",
        EventName = "ResolutionRecovered")]
    public static partial void ResolutionRecovered(this ILogger logger, string host, int failures);

    [LoggerMessage(
        4, LogLevel.Warning, "{Host}: had no good answer for {Age:0} s, longer than MaxStale. Its addresses are used no longer.",
        EventName = "StaleAnswerDropped")]
    public static partial void StaleAnswerDropped(this ILogger logger, string host, double age);

    [LoggerMessage(5, LogLevel.Error, "{Host}: the refresh threw. The next refresh is in {Delay:0} s.", EventName = "RefreshThrew")]
    public static partial void RefreshThrew(this ILogger logger, string host, double delay, Exception exception);

    [LoggerMessage(6, LogLevel.Error, "{Host}: a listener of its answers threw.", EventName = "ListenerThrew")]
    public static partial void ListenerThrew(this ILogger logger, string host, Exception exception);

    [LoggerMessage(
        EventId = 7, EventName = "NameEmpty",
        Message = "{Host}: {Reason}. {Consequence}. The next question is due in {Delay:0.0} s.")]
    public static partial void NameEmpty(
        this ILogger logger, LogLevel level, string host, string reason, string consequence, double delay);

    [LoggerMessage(8, LogLevel.Information, "{Host}: exists again: {Answer}.", EventName = "NameFound")]
    public static partial void NameFound(this ILogger logger, string host, Answer answer);

    // 20-39: files

    [LoggerMessage(20, LogLevel.Warning, "{Path}: has lines that are skipped: {Lines}.", EventName = "HostsLineSkipped")]
    public static partial void HostsLinesSkipped(this ILogger logger, string path, string lines);

    [LoggerMessage(21, LogLevel.Warning, "{Path}: cannot be read ({Reason}). {Consequence}.", EventName = "FileUnreadable")]
    public static partial void FileUnreadable(this ILogger logger, string path, string reason, string consequence);

    [LoggerMessage(22, LogLevel.Information, "{Path}: changed, and was read again.", EventName = "FileChanged")]
    public static partial void FileChanged(this ILogger logger, string path);

    [LoggerMessage(23, LogLevel.Error, "{Path}: the poll threw. The file is polled again.", EventName = "FilePollThrew")]
    public static partial void FilePollThrew(this ILogger logger, string path, Exception exception);

    [LoggerMessage(
        24, LogLevel.Warning, "{Path}: does not exist, and counts as empty. It is read when it appears.", EventName = "FileMissing")]
    public static partial void FileMissing(this ILogger logger, string path);

    // 40-52, 54: origins and endpoints

    [LoggerMessage(40, LogLevel.Information, "{Origin}: opened. The addresses of its name are followed.", EventName = "OriginOpened")]
    public static partial void OriginOpened(this ILogger logger, string origin);

    [LoggerMessage(41, LogLevel.Information, "{Origin}: closed. It had no request for {Idle:0} s.", EventName = "OriginClosed")]
    public static partial void OriginClosed(this ILogger logger, string origin, double idle);

    [LoggerMessage(
        42, LogLevel.Information, "{Origin}: {Addresses} joined. Addresses in use: {Count}.", EventName = "EndpointJoined")]
    public static partial void EndpointsJoined(this ILogger logger, string origin, string addresses, int count);

    [LoggerMessage(
        43, LogLevel.Information,
        "{Origin}: {Addresses} left ({Reason}). Requests under way: {ActiveRequests}; connections that drain: {OpenConnections}.",
        EventName = "EndpointDraining")]
    public static partial void EndpointsDraining(
        this ILogger logger, string origin, string addresses, string reason, long activeRequests, int openConnections);

    [LoggerMessage(
        44, LogLevel.Information,
        "{Origin}: {Address} drained in {Duration:0.0} s. Connections that ended by themselves: {Graceful}; cut by DrainTimeout: {Cut}.",
        EventName = "EndpointDrained")]
    public static partial void EndpointDrained(
        this ILogger logger, string origin, IPAddress address, double duration, int graceful, int cut);

    [LoggerMessage(
        45, LogLevel.Warning, "{Origin}: {Address} fails ({Reason}). {Consequence}. It is dialled again in the background.",
        EventName = "EndpointFailing")]
    public static partial void EndpointFailing(
        this ILogger logger, string origin, IPAddress address, string reason, string consequence);

    [LoggerMessage(
        46, LogLevel.Warning, "{Origin}: AddressFilter refused {Refused} of {Count} addresses: {Addresses}.", EventName = "AddressRefused")]
    public static partial void AddressesRefused(this ILogger logger, string origin, int refused, int count, string addresses);

    [LoggerMessage(
        47, LogLevel.Error, "{Origin}: AddressFilter threw about {Threw} of {Count} addresses, which are refused: {Addresses}.",
        EventName = "AddressFilterThrew")]
    public static partial void AddressFilterThrew(
        this ILogger logger, string origin, int threw, int count, string addresses, Exception exception);

    [LoggerMessage(
        51, LogLevel.Error,
        "{Origin}: AddressPriorities threw. The addresses keep the priorities that they had; new ones have priority 0.",
        EventName = "AddressPrioritiesThrew")]
    public static partial void AddressPrioritiesThrew(this ILogger logger, string origin, Exception exception);

    [LoggerMessage(48, LogLevel.Error, "{Origin}: the drain of {Address} threw.", EventName = "DrainThrew")]
    public static partial void DrainThrew(this ILogger logger, string origin, IPAddress address, Exception exception);

    [LoggerMessage(
        49, LogLevel.Error, "{Origin}: an answer could not be applied. The endpoints stay as they are.", EventName = "ReconcileThrew")]
    public static partial void ReconcileThrew(this ILogger logger, string origin, Exception exception);

    [LoggerMessage(
        50, LogLevel.Warning,
        "{Origin}: {Address} acknowledges nothing. {ActiveRequests} requests on {OpenConnections} connections wait; new ones go elsewhere.",
        EventName = "EndpointSilent")]
    public static partial void EndpointSilent(
        this ILogger logger, string origin, IPAddress address, long activeRequests, int openConnections);

    [LoggerMessage(
        52, LogLevel.Error, "{Origin}: could not be opened again after the options changed. The next request opens it.",
        EventName = "OriginNotOpened")]
    public static partial void OriginNotOpened(this ILogger logger, string origin, Exception exception);

    [LoggerMessage(
        54, LogLevel.Information, "{Origin}: {Address} connects again. It failed for {Duration:0.0} s.", EventName = "EndpointRecovered")]
    public static partial void EndpointRecovered(this ILogger logger, string origin, IPAddress address, double duration);

    [LoggerMessage(
        56, LogLevel.Warning,
        "{Origin}: {Address} is ejected for {Duration:0.0} s, ejection {Count} in a row ({Reason}). Its requests go to the others.",
        EventName = "EndpointEjected")]
    public static partial void EndpointEjected(
        this ILogger logger, string origin, IPAddress address, double duration, int count, string reason);

    [LoggerMessage(
        57, LogLevel.Information, "{Origin}: {Address} answers well again. It was ejected for {Duration:0.0} s.",
        EventName = "EndpointReturned")]
    public static partial void EndpointReturned(this ILogger logger, string origin, IPAddress address, double duration);

    [LoggerMessage(
        58, LogLevel.Error, "{Origin}: OutlierDetection.IsFailure threw. The default decides: 502, 503 and 504 are failures.",
        EventName = "IsFailureThrew")]
    public static partial void IsFailureThrew(this ILogger logger, string origin, Exception exception);

    [LoggerMessage(
        59, LogLevel.Warning, "{Origin}: {Address} failed its probe {Path}: {Failure}. Its requests go to the other addresses.",
        EventName = "ProbeFailed")]
    public static partial void ProbeFailed(this ILogger logger, string origin, IPAddress address, string path, string failure);

    [LoggerMessage(80, LogLevel.Information, "{Origin}: {Address} passes its probe {Path} again.", EventName = "ProbePassed")]
    public static partial void ProbePassed(this ILogger logger, string origin, IPAddress address, string path);

    // 53-59: background work, and the log itself

    [LoggerMessage(53, LogLevel.Error, "{Work}: failed unexpectedly. The library goes on.", EventName = "BackgroundThrew")]
    public static partial void BackgroundThrew(this ILogger logger, string work, Exception exception);

    [LoggerMessage(
        EventId = 55, EventName = "LinesLeftOut",
        Message = "{Subject}: {Event} was logged {Lines} times within {Window:0} s. Further lines are left out for the rest of this time.")]
    public static partial void LinesLeftOut(
        this ILogger logger, LogLevel level, string subject, string? @event, int lines, double window);

    // 60-79: options and clients

    [LoggerMessage(
        60, LogLevel.Information,
        "HTTP client \"{Client}\": its options changed. New connections follow them; connections that are open drain.",
        EventName = "OptionsChanged")]
    public static partial void OptionsChanged(this ILogger logger, string client);

    [LoggerMessage(
        61, LogLevel.Error, "HTTP client \"{Client}\": its new options are wrong. The options before stay in use. {Problems}",
        EventName = "OptionsRefused")]
    public static partial void OptionsRefused(this ILogger logger, string client, string problems, Exception exception);

    [LoggerMessage(
        62, LogLevel.Warning,
        "HTTP client \"{Client}\": the disposal of an unused primary handler of type {Type} threw. The client is not affected.",
        EventName = "PrimaryHandlerDisposalThrew")]
    public static partial void PrimaryHandlerDisposalThrew(this ILogger logger, string client, Type type, Exception exception);

    [LoggerMessage(
        63, LogLevel.Warning,
        "HTTP client \"{Client}\": does not follow DNS, because its primary handler of type {Type} is not a SocketsHttpHandler. "
        + "If this is meant, call RemoveDnsAwareHandler() on its builder.",
        EventName = "PrimaryHandlerNotWrapped")]
    public static partial void PrimaryHandlerNotWrapped(this ILogger logger, string client, Type type);

    [LoggerMessage(
        64, LogLevel.Information,
        "HTTP client \"{Client}\": its primary handler has other settings. New connections have them; connections that are open drain.",
        EventName = "PrimaryHandlerChanged")]
    public static partial void PrimaryHandlerChanged(this ILogger logger, string client);

    [LoggerMessage(
        65, LogLevel.Error,
        "HTTP client \"{Client}\": the settings of its new primary handler cannot be used. The settings before stay in use. {Problem}",
        EventName = "PrimaryHandlerRefused")]
    public static partial void PrimaryHandlerRefused(this ILogger logger, string client, string problem, Exception? exception);
}
