using System.Reflection;
using System.Text;

namespace DnsAwareHttp.Tests.House;

/// <summary>The public surface is what was agreed: a change shows here, and is approved by copying the received file over the other one.</summary>
public sealed class PublicApiTests
{
    private static readonly string Approved = Path.Combine(SourceTree.House, "PublicApi.txt");

    [Fact]
    public void PublicSurface_IsTheApprovedOne()
    {
        string received = Render(typeof(DnsAwareHandler).Assembly);
        string approved = File.Exists(Approved) ? File.ReadAllText(Approved).ReplaceLineEndings("\n") : "";
        if (received != approved)
        {
            File.WriteAllText(Path.ChangeExtension(Approved, ".received.txt"), received);
        }

        string[] added = [.. received.Split('\n').Except(approved.Split('\n'))];
        string[] removed = [.. approved.Split('\n').Except(received.Split('\n'))];
        received.Should().Be(approved, $"it has new [{string.Join(" | ", added)}] and lacks [{string.Join(" | ", removed)}]; if that is meant, copy PublicApi.received.txt over PublicApi.txt");
    }

    private static string Render(Assembly assembly)
    {
        StringBuilder text = new();
        foreach (Type type in assembly.GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            IEnumerable<string> parents = new[] { type.BaseType is { } parent && parent != typeof(object) && parent != typeof(Enum) ? NameOf(parent) : null }
                .Concat(type.GetInterfaces().Select(NameOf).Order(StringComparer.Ordinal)).OfType<string>().Where(name => !type.IsEnum && !name.StartsWith("IEquatable"));
            text.Append($"{(type.IsEnum ? "enum" : type.IsInterface ? "interface" : type.IsAbstract && type.IsSealed ? "static class" : type.IsAbstract ? "abstract class" : type.IsSealed ? "sealed class" : "class")} {type.FullName}");
            text.Append(parents.Any() ? $" : {string.Join(", ", parents)}\n" : "\n");
            foreach (string member in MembersOf(type).Order(StringComparer.Ordinal))
            {
                text.Append($"    {member}\n");
            }
        }

        return text.ToString();
    }

    private static IEnumerable<string> MembersOf(Type type)
    {
        const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        if (type.IsEnum)
        {
            return Enum.GetNames(type).Select(name => $"{name} = {Convert.ToInt32(Enum.Parse(type, name))}");
        }

        return type.GetConstructors(Declared).Where(IsSeen).Select(c => $".ctor({ParametersOf(c)})")
            .Concat(type.GetFields(Declared).Where(f => f.IsPublic || f.IsFamily).Select(f => $"{(f.IsStatic ? "static " : "")}{NameOf(f.FieldType)} {f.Name}"))
            .Concat(type.GetProperties(Declared).Where(p => p.GetMethod is { } get && IsSeen(get) && p.Name != "EqualityContract")
                .Select(p => $"{NameOf(p.PropertyType)} {p.Name} {{ get;{(p.SetMethod is { } set && IsSeen(set) ? (IsInit(set) ? " init;" : " set;") : "")} }}"))
            .Concat(type.GetMethods(Declared).Where(m => IsSeen(m) && !m.IsSpecialName && !IsMadeForRecords(m)).Select(m => $"{(m.IsStatic ? "static " : "")}{NameOf(m.ReturnType)} {m.Name}({ParametersOf(m)})"));
    }

    private static bool IsSeen(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool IsInit(MethodInfo set) => set.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(System.Runtime.CompilerServices.IsExternalInit));

    private static bool IsMadeForRecords(MethodInfo method) => method.Name is "<Clone>$" or "PrintMembers" or "Deconstruct" or "Equals" or "GetHashCode" or "ToString";

    private static string ParametersOf(MethodBase method) => string.Join(", ", method.GetParameters().Select(p =>
        $"{NameOf(p.ParameterType)} {p.Name}{(p.HasDefaultValue ? $" = {p.DefaultValue ?? "null"}" : "")}"));

    private static string NameOf(Type type) => type switch
    {
        { IsGenericType: true } when Nullable.GetUnderlyingType(type) is Type inner => $"{NameOf(inner)}?",
        { IsGenericType: true } => $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>",
        _ => type.Name,
    };
}
