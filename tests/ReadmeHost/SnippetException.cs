namespace ReadmeHost;

/// <summary>A program did not do what the documentation says.</summary>
internal sealed class SnippetException(string message) : Exception(message);
