using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using Sandbox;

namespace Judge;

/// <summary>Reads the directory of problems, each a directory with problem.json, statement.txt and tests. What is wrong with any of them is told at once, and nothing starts.</summary>
internal static class ProblemReader
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
    };

    /// <summary>All problems, by their names and in the order of these.</summary>
    /// <exception cref="InvalidDataException">Some are not valid, or there are none.</exception>
    public static IReadOnlyDictionary<string, Problem> ReadAll(string directory)
    {
        var problems = new SortedDictionary<string, Problem>(StringComparer.Ordinal);
        var mistakes = new List<string>();
        foreach (var path in Directory.Exists(directory) ? Directory.GetDirectories(directory) : [])
        {
            try
            {
                var problem = Read(path);
                Try(problem);
                problems.Add(problem.Id, problem);
            }
            catch (InvalidJobException invalid)
            {
                mistakes.AddRange(invalid.Problems.Select(problem => $"{path}: {problem.Pointer} {problem.Message}"));
            }
            catch (Exception wrong) when (wrong is JsonException or FormatException or IOException or UnauthorizedAccessException)
            {
                mistakes.Add($"{path}: {wrong.Message}");
            }
        }

        return mistakes.Count > 0 ? throw new InvalidDataException(string.Join('\n', mistakes))
            : problems.Count == 0 ? throw new InvalidDataException($"there are no problems in {directory}")
            : problems;
    }

    private static Problem Read(string directory)
    {
        var file = JsonSerializer.Deserialize<ProblemFile>(File.ReadAllBytes(Path.Combine(directory, "problem.json")), s_json) ?? throw new FormatException("problem.json is null");
        var check = Check(file.Check, directory);
        return new()
        {
            Id = Path.GetFileName(directory),
            Title = file.Title,
            Statement = File.ReadAllText(Path.Combine(directory, "statement.txt")),
            Time = Quantities.ParseDuration(file.Time),
            MemoryBytes = Quantities.ParseSize(file.Memory),
            Check = check,
            Subtasks = [.. file.Subtasks.Select(subtask => new Subtask
            {
                Name = subtask.Name,
                Points = subtask.Points,
                Requires = subtask.Requires,
                Feedback = subtask.Feedback,
                Tests = [.. subtask.Tests.Select(name => new Test(
                    name, Load(directory, $"tests/{name}.in"), check is ComparisonCheck || File.Exists(Path.Combine(directory, $"tests/{name}.ans")) ? Load(directory, $"tests/{name}.ans") : null))],
            })],
        };
    }

    private static OutputCheck Check(JsonElement check, string directory) => check switch
    {
        { ValueKind: JsonValueKind.String } when check.GetString() == "exact" => OutputCheck.Exact,
        { ValueKind: JsonValueKind.String } when check.GetString() == "lines" => OutputCheck.Lines,
        { ValueKind: JsonValueKind.String } when check.GetString() == "tokens" => OutputCheck.Tokens,
        { ValueKind: JsonValueKind.Object } when check.TryGetProperty("floats", out var tolerance) => OutputCheck.Floats(tolerance.GetDouble()),
        { ValueKind: JsonValueKind.Object } when check.TryGetProperty("program", out var name) => OutputCheck.Program(Jobs.Judging(Load(directory, name.GetString()!))),
        { ValueKind: JsonValueKind.Object } when check.TryGetProperty("interactor", out var name) => OutputCheck.Interactor(Jobs.Judging(Load(directory, name.GetString()!))),
        _ => throw new FormatException("\"check\" must be \"exact\", \"lines\", \"tokens\", { \"floats\": 1e-6 }, { \"program\": \"check.py\" } or { \"interactor\": \"interact.py\" }"),
    };

    private static Content Load(string directory, string name) => Content.Of(File.ReadAllBytes(Path.Combine(directory, name)));

    // Names, groups and points are checked by the rules of the jobs that they become, before anybody submits something.
    private static void Try(Problem problem)
    {
        var job = new ArrayBufferWriter<byte>();
        JobFile.Write(job, Jobs.For(problem, Language.All[0], ""));
        _ = JobFile.ParseDocument(job.WrittenSpan, "");
    }

    /// <summary>What problem.json holds.</summary>
    private sealed record ProblemFile
    {
        public required string Title { get; init; }

        public required string Time { get; init; }

        public required string Memory { get; init; }

        public required JsonElement Check { get; init; }

        public required IReadOnlyList<SubtaskFile> Subtasks { get; init; }
    }

    private sealed record SubtaskFile
    {
        public required string Name { get; init; }

        public required double Points { get; init; }

        public IReadOnlyList<string> Requires { get; init; } = [];

        public bool Feedback { get; init; }

        public required IReadOnlyList<string> Tests { get; init; }
    }
}
