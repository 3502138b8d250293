using System.Globalization;
using System.Reflection;

namespace DnsAwareHttp.Tests.House;

/// <summary>The public surface of an assembly as text: one line for each type and member, sorted.</summary>
internal static class PublicApi
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly NullabilityInfoContext Nullability = new();

    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(bool)] = "bool",
        [typeof(int)] = "int",
        [typeof(long)] = "long",
        [typeof(double)] = "double",
        [typeof(string)] = "string",
        [typeof(object)] = "object",
    };

    public static string Of(Assembly assembly)
    {
        IEnumerable<string> types = assembly.GetExportedTypes().OrderBy(FullName, StringComparer.Ordinal).Select(Describe);
        return string.Join("\n", types);
    }

    private static string Describe(Type type)
    {
        IEnumerable<string> members = type.IsEnum
            ? Enum.GetNames(type).Select(name => $"{name} = {Convert.ToInt64(Enum.Parse(type, name), CultureInfo.InvariantCulture)}")
            : type.GetMembers(Declared).Where(IsVisible).Select(Describe).Order(StringComparer.Ordinal);
        return string.Concat(members.Select(member => $"    {member}\n").Prepend($"{Kind(type)} {FullName(type)}{Bases(type)}\n"));
    }

    private static string Kind(Type type) => type switch
    {
        { IsEnum: true } => "enum",
        { IsInterface: true } => "interface",
        { IsValueType: true } => "struct",
        { IsAbstract: true, IsSealed: true } => "static class",
        { IsAbstract: true } => "abstract class",
        { IsSealed: true } => "sealed class",
        _ => "class",
    };

    private static string Bases(Type type)
    {
        if (type.IsEnum)
        {
            return "";
        }

        Type[] inherited = type.BaseType?.GetInterfaces() ?? [];
        IEnumerable<string> bases = type.GetInterfaces().Except(inherited).Select(Name).Order(StringComparer.Ordinal);
        if (type.BaseType is Type parent && parent != typeof(object) && parent != typeof(ValueType))
        {
            bases = bases.Prepend(Name(parent));
        }

        string list = string.Join(", ", bases);
        return list.Length == 0 ? "" : $" : {list}";
    }

    private static bool IsVisible(MemberInfo member) => member switch
    {
        Type => false,
        not ConstructorInfo when IsMadeForRecords(member) => false,
        MethodBase { IsSpecialName: true } and MethodInfo => false,
        MethodBase method => IsVisible(method),
        FieldInfo field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly,
        PropertyInfo property => IsVisible(property.GetMethod) || IsVisible(property.SetMethod),
        EventInfo happening => IsVisible(happening.AddMethod),
        _ => false,
    };

    // What the compiler adds to each record is no news: equality, cloning, printing.
    private static bool IsMadeForRecords(MemberInfo member) =>
        member.Name is "EqualityContract" || (member.IsDefined(typeof(System.Runtime.CompilerServices.CompilerGeneratedAttribute)) && member.Name is not "Deconstruct");

    private static bool IsVisible(MethodBase? method) => method is not null && (method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly);

    private static string Describe(MemberInfo member) => member switch
    {
        ConstructorInfo constructor => $"{Access(constructor)}{Simple(constructor.DeclaringType!)}({Parameters(constructor)})",
        MethodInfo method => $"{Access(method)}{Modifiers(method)}{Name(method.ReturnParameter)} {method.Name}({Parameters(method)})",
        PropertyInfo property => Describe(property),
        FieldInfo field => $"{(field.IsStatic ? "static " : "")}{(field.IsInitOnly ? "readonly " : "")}{Name(field.FieldType, Nullability.Create(field))} {field.Name}",
        EventInfo happening => $"event {Name(happening.EventHandlerType!)} {happening.Name}",
        _ => throw new NotSupportedException(member.ToString()),
    };

    private static string Describe(PropertyInfo property)
    {
        MethodInfo accessor = property.GetMethod ?? property.SetMethod!;
        bool isInit = property.SetMethod?.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(System.Runtime.CompilerServices.IsExternalInit)) ?? false;
        string get = IsVisible(property.GetMethod) ? "get; " : "";
        string set = IsVisible(property.SetMethod) ? isInit ? "init; " : "set; " : "";
        return $"{Access(accessor)}{Modifiers(accessor)}{Name(property.PropertyType, Nullability.Create(property))} {property.Name} {{ {get}{set}}}";
    }

    private static string Access(MethodBase method) => method.IsPublic ? "" : "protected ";

    private static string Modifiers(MethodInfo method) => method switch
    {
        { DeclaringType.IsInterface: true } => "",
        { IsStatic: true } => "static ",
        { IsAbstract: true } => "abstract ",
        { IsVirtual: true } when method.GetBaseDefinition() != method => "override ",
        { IsVirtual: true, IsFinal: false } => "virtual ",
        _ => "",
    };

    private static string Parameters(MethodBase method) =>
        string.Join(", ", method.GetParameters().Select((parameter, index) => $"{(index == 0 && IsExtension(method) ? "this " : "")}{Name(parameter)} {parameter.Name}{Default(parameter)}"));

    private static bool IsExtension(MethodBase method) => method.IsDefined(typeof(System.Runtime.CompilerServices.ExtensionAttribute), inherit: false);

    private static string Default(ParameterInfo parameter) => !parameter.HasDefaultValue ? "" : parameter.DefaultValue switch
    {
        null => parameter.ParameterType.IsValueType && System.Nullable.GetUnderlyingType(parameter.ParameterType) is null ? " = default" : " = null",
        bool value => value ? " = true" : " = false",
        string text => $" = \"{text}\"",
        object value => $" = {Convert.ToString(value, CultureInfo.InvariantCulture)}",
    };

    private static string Name(ParameterInfo parameter)
    {
        string direction = parameter.IsOut ? "out " : parameter.ParameterType.IsByRef ? parameter.IsIn ? "in " : "ref " : "";
        Type type = parameter.ParameterType.IsByRef ? parameter.ParameterType.GetElementType()! : parameter.ParameterType;
        return direction + Name(type, Nullability.Create(parameter));
    }

    private static string Name(Type type, NullabilityInfo nullability)
    {
        string mark = !type.IsValueType && nullability.ReadState is NullabilityState.Nullable ? "?" : "";
        if (type.IsArray && nullability.ElementType is NullabilityInfo element)
        {
            return $"{Name(type.GetElementType()!, element)}[]{mark}";
        }

        if (!type.IsGenericType || System.Nullable.GetUnderlyingType(type) is not null || nullability.GenericTypeArguments.Length != type.GetGenericArguments().Length)
        {
            return Name(type) + mark;
        }

        return $"{Simple(type)}<{string.Join(", ", type.GetGenericArguments().Zip(nullability.GenericTypeArguments, Name))}>{mark}";
    }

    private static string Name(Type type) => type switch
    {
        _ when Keywords.TryGetValue(type, out string? keyword) => keyword,
        _ when System.Nullable.GetUnderlyingType(type) is Type value => $"{Name(value)}?",
        { IsArray: true } => $"{Name(type.GetElementType()!)}[]",
        { IsGenericParameter: true } => type.Name,
        { IsGenericType: true } => $"{Simple(type)}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>",
        _ => Simple(type),
    };

    private static string Simple(Type type)
    {
        string name = type.Name.Split('`')[0];
        return type is { IsNested: true, IsGenericParameter: false } ? $"{Simple(type.DeclaringType!)}.{name}" : name;
    }

    private static string FullName(Type type) => $"{type.Namespace}.{Simple(type)}";
}
