using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace DnsAwareHttp.Handlers;

/// <summary>Compares delegates: the same method on the same target, or on closures that captured the same values.</summary>
/// <remarks>
/// A lambda that captures a local variable of the method around it has a new closure at each call of that method. Only the captured values
/// tell whether it does the same.
/// </remarks>
internal static class DelegateComparison
{
    public static bool AreSame(Delegate? one, Delegate? other) => ValueComparison.AreSame(one, other);

    /// <param name="one">A delegate.</param>
    /// <param name="other">A delegate of the same type.</param>
    /// <param name="values">Compares what they captured.</param>
    public static bool AreSame(Delegate one, Delegate other, ValueComparison values)
    {
        if (one.Equals(other))
        {
            return true;
        }

        Delegate[] mine = one.GetInvocationList();
        Delegate[] theirs = other.GetInvocationList();
        return mine.Length == theirs.Length && mine.Zip(theirs).All(pair =>
            pair.First.Method == pair.Second.Method && AreSameTargets(pair.First.Target, pair.Second.Target, values));
    }

    private static bool AreSameTargets(object? one, object? other, ValueComparison values) =>
        one is not null && other is not null && IsClosure(one) && one.GetType() == other.GetType()
            ? !values.Begin(one, other) || CapturedTheSame(one, other, values)
            : values.Compare(one, other);

    // Native code keeps no list of fields. There each closure is the same as itself only.
    private static bool IsClosure(object target) =>
        RuntimeFeature.IsDynamicCodeSupported && target.GetType().IsDefined(typeof(CompilerGeneratedAttribute), inherit: false);

    [UnconditionalSuppressMessage(
        "Trimming", "IL2075", Justification = "Fields that a lambda reads are kept; a field that no code reads makes no difference.")]
    private static bool CapturedTheSame(object one, object other, ValueComparison values) =>
        one.GetType().GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
            .All(field => AreSameTargets(field.GetValue(one), field.GetValue(other), values));
}
