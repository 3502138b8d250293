using System.Globalization;
using System.Net;
using System.Text;

namespace DnsAwareHttp.AspNetCore.Page;

/// <summary>Builds HTML. What is not written by <see cref="Raw"/> is escaped.</summary>
internal sealed class Html
{
    private readonly StringBuilder _text = new();

    /// <summary>Writes markup: constants of this library only.</summary>
    public Html Raw(string markup)
    {
        _text.Append(markup);
        return this;
    }

    /// <summary>Writes markup that another <see cref="Html"/> built.</summary>
    public Html Add(Html built)
    {
        _text.Append(built._text);
        return this;
    }

    /// <summary>Writes a text, for the content of an element or an attribute in quotes.</summary>
    public Html Text(string? text)
    {
        _text.Append(WebUtility.HtmlEncode(text));
        return this;
    }

    public Html Number(double number, string format = "0.##")
    {
        _text.Append(number.ToString(format, CultureInfo.InvariantCulture));
        return this;
    }

    public override string ToString() => _text.ToString();
}
