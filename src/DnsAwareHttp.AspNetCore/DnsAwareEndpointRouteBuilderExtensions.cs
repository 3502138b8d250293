using DnsAwareHttp.AspNetCore;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the status page of DnsAwareHttp.</summary>
public static class DnsAwareEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps a page that shows the handlers of the container's HTTP clients, and those that <c>AddDnsAwareStatus</c> of
    /// <see cref="DnsAwareStatusServiceCollectionExtensions"/> added.
    /// </summary>
    /// <remarks>
    /// <para>Beside the page at <paramref name="pattern"/> are <c>/json</c>, and <c>/events</c> for its own live updates.</para>
    /// <para>The page shows host names, addresses and counts. It shows no header, no path of a request and no credential. It is open to
    /// every caller unless <c>RequireAuthorization</c> or <c>RequireHost</c> follows.</para>
    /// </remarks>
    /// <param name="endpoints">The application.</param>
    /// <param name="pattern">The path of the page.</param>
    /// <returns>All routes of the page.</returns>
    public static IEndpointConventionBuilder MapDnsAwareHttp(this IEndpointRouteBuilder endpoints, string pattern = "/dns-aware")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentException.ThrowIfNullOrEmpty(pattern);
        IServiceProvider services = endpoints.ServiceProvider;
        TimeProvider time = services.GetService<TimeProvider>() ?? TimeProvider.System;
        StatusSource source = new(services);
        LiveStatus live = new(source, time);
        CancellationToken stopping = services.GetService<IHostApplicationLifetime>()?.ApplicationStopping ?? CancellationToken.None;
        StatusEvents events = new(live, time, stopping);
        RouteGroupBuilder group = endpoints.MapGroup(pattern);
        RequestDelegate page = context => StatusResponses.WritePageAsync(context, live);
        RequestDelegate json = context => StatusResponses.WriteJsonAsync(context, source);
        group.MapGet("", page).WithDisplayName("DnsAwareHttp page");
        group.MapGet("/json", json).WithDisplayName("DnsAwareHttp JSON");
        group.MapGet("/events", events.WriteAsync).WithDisplayName("DnsAwareHttp events");
        return group;
    }
}
