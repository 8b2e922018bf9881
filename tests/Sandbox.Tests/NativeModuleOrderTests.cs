using System.Text.RegularExpressions;
using Xunit;

namespace Sandbox.Tests;

/// <summary>A module of the launcher is NAME.c and NAME.h. It uses those before it in one list, and none behind: no two of them call each other, whatever lies between.</summary>
public sealed partial class NativeModuleOrderTests
{
    private const string Directory = "native/launcher";

    // From the bottom to the top.
    private static readonly string[] s_order =
    [
        // what the kernel and the host understand
        "sys", "clock", "netlink", "plan", "page", "report", "message", "file", "bind", "capabilities", "device",

        // a job's request, its ids, its root and its payload
        "request", "ids", "mapper", "lookups", "root", "payload", "target", "view", "upper", "streams", "terminal", "readback",

        // the steps
        "barrier", "steps_identity", "steps_mounts", "steps_overlay", "steps_files", "steps_system", "steps_clocks", "steps_network",
        "steps_cgroup", "steps_privileges", "steps_confine", "steps_exec", "steps", "copied",

        // the payload and pid 1
        "confine", "witness", "leftover", "sockets", "enter", "stopped", "supervise", "started", "init",

        // the launcher and its other children
        "beginning", "ranges", "uppers_tree", "keeper", "owner", "sources", "join", "spawn", "template", "kinds", "original", "originals", "waiting", "preforked", "live", "look", "prepare", "members", "peer", "holder",
        "doctor_probes", "doctor_namespaces", "doctor_mounts", "doctor_network", "doctor_calls", "doctor", "launcher",
    ];

    private static readonly Dictionary<string, string> s_sources = Repository.Sources(Directory, ".c").Concat(Repository.Sources(Directory, ".h"))
        .ToDictionary(path => Path.GetFileName(path), path => NotCode().Replace(File.ReadAllText(path), ""));

    [Fact]
    public void Every_module_has_its_place_in_the_order() => Assert.Equal(s_order.Order(), s_sources.Keys.Select(ModuleOf).Distinct().Order());

    [Fact]
    public void A_module_includes_only_modules_before_it()
    {
        var includes = s_sources.SelectMany(source => Include().Matches(source.Value).Select(match => (source.Key, To: match.Groups[1].Value))).ToList();

        Assert.NotEmpty(includes);
        Assert.Empty(includes.Where(include => ModuleOf(include.Key) != include.To && Height(include.To) >= Height(ModuleOf(include.Key)))
            .Select(include => $"{include.Key} includes {include.To}.h"));
    }

    [Fact]
    public void A_module_calls_only_modules_before_it()
    {
        var owners = Files(".c").SelectMany(source => Shared(source.Value).Select(name => (name, Module: ModuleOf(source.Key)))).ToDictionary(pair => pair.name, pair => pair.Module);
        var calls = Files(".c").SelectMany(source => Word().Matches(source.Value).Select(match => match.Value).Distinct()
            .Where(word => owners.ContainsKey(word) && !Own(source.Value).Contains(word))
            .Select(name => (source.Key, Name: name, To: owners[name]))).ToList();

        Assert.True(calls.Count > 100, $"only {calls.Count} calls between modules were found");
        Assert.Empty(calls.Where(call => Height(call.To) >= Height(ModuleOf(call.Key))).Select(call => $"{call.Key} calls {call.Name} of {call.To}"));
    }

    // Or one module could call another without including it.
    [Fact]
    public void A_function_is_declared_in_the_header_of_its_module_alone()
    {
        var strangers = s_sources.SelectMany(source => Declared(source.Value).Where(name => !IsDefinedBeside(source.Key, name)).Select(name => $"{source.Key} declares {name}"));

        Assert.Empty(strangers);
    }

    private static bool IsDefinedBeside(string file, string name) =>
        file.EndsWith(".h", StringComparison.Ordinal) && s_sources.TryGetValue(ModuleOf(file) + ".c", out var code) && Shared(code).Contains(name);

    private static IEnumerable<KeyValuePair<string, string>> Files(string ending) => s_sources.Where(source => source.Key.EndsWith(ending, StringComparison.Ordinal));

    private static string ModuleOf(string file) => Path.GetFileNameWithoutExtension(file);

    private static int Height(string module) => Array.IndexOf(s_order, module);

    // Of a translation unit: what others can call, and all of it.
    private static IEnumerable<string> Shared(string code) => Definition().Matches(code).Where(match => !match.Value.Contains("static ", StringComparison.Ordinal)).Select(match => match.Groups[1].Value);

    private static HashSet<string> Own(string code) => [.. Definition().Matches(code).Select(match => match.Groups[1].Value)];

    private static IEnumerable<string> Declared(string code) =>
        Prototype().Matches(code).Select(match => match.Groups[1].Value).Concat(Probes().Matches(code).SelectMany(match => Word().Matches(match.Groups[1].Value)).Select(match => match.Value));

    [GeneratedRegex("""/\*[\s\S]*?\*/|//.*|"(?:[^"\\\n]|\\.)*"(?<!\.h")""")]
    private static partial Regex NotCode();

    [GeneratedRegex("""^#include "(\w+)\.h"$""", RegexOptions.Multiline)]
    private static partial Regex Include();

    // At the start of a line, with its body on the next one.
    [GeneratedRegex(@"^[a-z_][\w \*\(\)]*?\b(\w+)\([^;{}=]*\)\n\{", RegexOptions.Multiline)]
    private static partial Regex Definition();

    [GeneratedRegex(@"^(?!typedef|static|#)[a-z_][\w \*\(\)]*?\b(\w+)\([^;{}=]*\);", RegexOptions.Multiline)]
    private static partial Regex Prototype();

    // A list of functions of one type, which a typedef names.
    [GeneratedRegex(@"^doctor_try ([^;(]+);", RegexOptions.Multiline)]
    private static partial Regex Probes();

    // Not of a member, which may be called like a function.
    [GeneratedRegex(@"(?<!->|\.)\b[A-Za-z_]\w*\b")]
    private static partial Regex Word();
}
