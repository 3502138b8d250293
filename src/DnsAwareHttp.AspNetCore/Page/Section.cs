namespace DnsAwareHttp.AspNetCore.Page;

/// <summary>A part of the page that is replaced as a whole when it changes.</summary>
/// <param name="Id">Its <c>id</c> attribute.</param>
/// <param name="Html">The element, which has that id.</param>
internal sealed record Section(string Id, string Html);
