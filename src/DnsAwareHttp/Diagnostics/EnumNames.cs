using System.Collections.Frozen;
using System.Text;

namespace DnsAwareHttp.Diagnostics;

/// <summary>The values of an enum as tags: <c>LeftDns</c> is <c>left_dns</c>.</summary>
internal static class EnumNames<TEnum>
    where TEnum : struct, Enum
{
    private static readonly FrozenDictionary<TEnum, string> Names =
        Enum.GetValues<TEnum>().Distinct().ToFrozenDictionary(static value => value, static value => SnakeCase(value.ToString()));

    /// <summary>The name of a value; <see cref="Tags.Other"/> for a value without a name: a number would be a series of its own.</summary>
    public static string Of(TEnum value) => Names.GetValueOrDefault(value, Tags.Other);

    private static string SnakeCase(string name)
    {
        StringBuilder text = new();
        for (int i = 0; i < name.Length; i++)
        {
            bool beginsWord = i > 0 && char.IsUpper(name[i]) && !char.IsUpper(name[i - 1]);
            text.Append(beginsWord ? "_" : "").Append(char.ToLowerInvariant(name[i]));
        }

        return text.ToString();
    }
}
