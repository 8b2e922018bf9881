using System.ComponentModel;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Xml.Linq;
using Xunit;

namespace Sandbox.Tests;

public sealed class PublicSurfaceTests
{
    private static readonly Assembly s_sdk = typeof(JobSpec).Assembly;

    [Fact]
    public void Only_types_of_the_root_namespace_are_public()
    {
        var strangers = s_sdk.GetExportedTypes().Where(type => type.Namespace != "Sandbox");

        Assert.Empty(strangers);
    }

    [Fact]
    public void Nobody_but_tests_and_benchmarks_sees_what_is_internal()
    {
        var friends = s_sdk.GetCustomAttributes<InternalsVisibleToAttribute>().Select(friend => friend.AssemblyName).Order();

        Assert.Equal(["Sandbox.Benchmarks", "Sandbox.KernelTests", "Sandbox.Tests"], friends);
    }

    [Fact]
    public void The_command_is_made_of_its_own_sources_only()
    {
        var project = XDocument.Load(Repository.PathOf("src/Sandbox.Cli/Sandbox.Cli.csproj"));

        Assert.Empty(project.Descendants("Compile"));
    }

    // So that a new one is thought about: what only the command needs is no example to others.
    [Fact]
    public void What_only_the_command_needs_is_shown_by_no_editor()
    {
        var hidden = s_sdk.GetExportedTypes().Where(IsHidden).Select(type => type.Name).Order();

        Assert.Equal(["JobForeground", "OneShotRunner"], hidden);
    }

    [Fact]
    public void Only_a_Try_method_says_its_answer_in_an_out_parameter()
    {
        var outs = Methods().Where(method => !method.Name.StartsWith("Try", StringComparison.Ordinal)).Where(method => method.GetParameters().Any(parameter => parameter.IsOut)).Select(Name);

        Assert.Empty(outs);
    }

    [Fact]
    public void Every_method_that_is_awaited_takes_a_token_last()
    {
        var deaf = Methods().Where(method => typeof(Task).IsAssignableFrom(method.ReturnType) && method.GetParameters().LastOrDefault()?.ParameterType != typeof(CancellationToken))
            .Select(Name);

        Assert.Empty(deaf);
    }

    private static IEnumerable<MethodInfo> Methods() =>
        s_sdk.GetExportedTypes().SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly));

    private static string Name(MethodInfo method) => $"{method.DeclaringType!.Name}.{method.Name}";

    private static bool IsHidden(Type type) => type.GetCustomAttribute<EditorBrowsableAttribute>() is { State: EditorBrowsableState.Never };
}
