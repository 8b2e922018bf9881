using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Sandbox.Server.Fronts.Judge0;

/// <summary>Something of a submission is no text, and was not asked for as base64.</summary>
internal sealed class NoTextException() : Exception("some attributes cannot be converted to UTF-8, use base64_encoded=true query parameter");

/// <summary>What is told of submissions: a client chooses. The official one fails on a member that the release does not have.</summary>
internal static class SubmissionFields
{
    private static readonly string[] s_all =
    [
        "source_code", "language_id", "stdin", "expected_output", "stdout", "status_id", "created_at", "finished_at", "time", "memory", "stderr", "token", "number_of_runs", "cpu_time_limit", "cpu_extra_time", "wall_time_limit",
        "memory_limit", "stack_limit", "max_processes_and_or_threads", "enable_per_process_and_thread_time_limit", "enable_per_process_and_thread_memory_limit", "max_file_size", "compile_output", "exit_code", "exit_signal", "message",
        "wall_time", "compiler_options", "command_line_arguments", "redirect_stderr_to_stdout", "callback_url", "additional_files", "enable_network", "status", "language",
    ];

    /// <summary>Every one.</summary>
    public static IReadOnlyList<string> All => s_all;

    /// <summary>Those that are told where nobody chooses.</summary>
    public static IReadOnlyList<string> Usual { get; } = ["stdout", "time", "memory", "stderr", "token", "compile_output", "message", "status"];

    /// <summary>Those that a query asks for.</summary>
    /// <param name="asked">Names with commas; <c>*</c> is all of them; null or empty the usual ones.</param>
    /// <param name="unknown">Those that there are not.</param>
    public static IReadOnlyList<string> Of(string? asked, out IReadOnlyList<string> unknown)
    {
        var names = (asked ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct().ToList();
        unknown = [.. names.Where(static name => name != "*" && !s_all.Contains(name))];
        return names.Count == 0 ? Usual : names.Contains("*") ? s_all : names;
    }

    /// <summary>Writes a submission as an object.</summary>
    /// <param name="json">The writer.</param>
    /// <param name="submission">The submission.</param>
    /// <param name="fields">What of it.</param>
    /// <param name="isBase64">Text is written as base64.</param>
    /// <param name="languages">For their names.</param>
    /// <exception cref="NoTextException">It cannot be written as text.</exception>
    public static void Write(Utf8JsonWriter json, Submission submission, IReadOnlyList<string> fields, bool isBase64, IReadOnlyList<OfferedLanguage> languages)
    {
        json.WriteStartObject();
        foreach (var field in fields)
        {
            json.WritePropertyName(field);
            if (!WriteText(json, submission, field, isBase64))
            {
                WriteOther(json, submission, field, languages);
            }
        }

        json.WriteEndObject();
    }

    /// <summary>Writes several as the member <c>submissions</c>; null for one that there is not.</summary>
    /// <exception cref="NoTextException">One cannot be written as text.</exception>
    public static void WriteList(Utf8JsonWriter json, IReadOnlyList<Submission?> submissions, IReadOnlyList<string> fields, bool isBase64, IReadOnlyList<OfferedLanguage> languages)
    {
        json.WriteStartArray("submissions");
        foreach (var submission in submissions)
        {
            if (submission is null)
            {
                json.WriteNullValue();
            }
            else
            {
                Write(json, submission, fields, isBase64, languages);
            }
        }

        json.WriteEndArray();
    }

    /// <summary>A time as clients read it: with a fraction, and Z.</summary>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>A status as an object.</summary>
    public static void WriteStatus(Utf8JsonWriter json, Judge0Status status)
    {
        json.WriteStartObject();
        json.WriteNumber("id", (int)status);
        json.WriteString("description", status.Text());
        json.WriteEndObject();
    }

    private static bool WriteText(Utf8JsonWriter json, Submission submission, string field, bool isBase64)
    {
        switch (field)
        {
            case "source_code":
                Text(submission.SourceCode);
                return true;
            case "stdin":
                Text(submission.Stdin);
                return true;
            case "expected_output":
                Text(submission.ExpectedOutput);
                return true;
            case "stdout":
                Text(submission.Stdout);
                return true;
            case "stderr":
                Text(submission.Stderr);
                return true;
            case "compile_output":
                Text(submission.CompileOutput);
                return true;
            case "message":
                Text(submission.Message is { } message ? Encoding.UTF8.GetBytes(message) : null);
                return true;
            case "additional_files":
                json.WriteStringValue(submission.AdditionalFiles is { } zip ? Base64Lines.Encode(zip) : null);
                return true;
            default:
                return false;
        }

        void Text(byte[]? bytes)
        {
            if (bytes is null)
            {
                json.WriteNullValue();
            }
            else if (isBase64)
            {
                json.WriteStringValue(Base64Lines.Encode(bytes));
            }
            else
            {
                json.WriteStringValue(Utf8.IsValid(bytes) ? bytes : throw new NoTextException());
            }
        }
    }

    private static void WriteOther(Utf8JsonWriter json, Submission submission, string field, IReadOnlyList<OfferedLanguage> languages)
    {
        switch (field)
        {
            case "token":
                json.WriteStringValue(submission.Token);
                break;
            case "language_id":
                json.WriteNumberValue(submission.LanguageId);
                break;
            case "language":
                json.WriteStartObject();
                json.WriteNumber("id", submission.LanguageId);
                json.WriteString("name", languages.FirstOrDefault(language => language.Language.Id == submission.LanguageId)?.Name ?? "");
                json.WriteEndObject();
                break;
            case "status_id":
                json.WriteNumberValue((int)submission.Status);
                break;
            case "status":
                WriteStatus(json, submission.Status);
                break;
            case "created_at":
                json.WriteStringValue(Time(submission.CreatedAt));
                break;
            case "finished_at":
                json.WriteStringValue(submission.FinishedAt is { } at ? Time(at) : null);
                break;
            case "compiler_options":
                json.WriteStringValue(submission.CompilerOptions);
                break;
            case "command_line_arguments":
                json.WriteStringValue(submission.CommandLineArguments);
                break;
            case "callback_url":
                json.WriteStringValue(submission.CallbackUrl);
                break;
            default:
                WriteValue(json, submission, field);
                break;
        }
    }

    private static void WriteValue(Utf8JsonWriter json, Submission submission, string field)
    {
        object? value = field switch
        {
            "time" => Decimal(submission.Time),
            "wall_time" => Decimal(submission.WallTime),
            "cpu_time_limit" => Decimal(submission.CpuTimeLimit),
            "cpu_extra_time" => Decimal(submission.CpuExtraTime),
            "wall_time_limit" => Decimal(submission.WallTimeLimit),
            "memory" => submission.Memory,
            "exit_code" => (long?)submission.ExitCode,
            "exit_signal" => (long?)submission.ExitSignal,
            "number_of_runs" => (long)submission.NumberOfRuns,
            "memory_limit" => submission.MemoryLimit,
            "stack_limit" => submission.StackLimit,
            "max_processes_and_or_threads" => (long)submission.MaxProcesses,
            "max_file_size" => submission.MaxFileSize,
            "enable_per_process_and_thread_time_limit" => submission.IsTimePerProcess,
            "enable_per_process_and_thread_memory_limit" => submission.IsMemoryPerProcess,
            "redirect_stderr_to_stdout" => submission.RedirectsStderr,
            "enable_network" => submission.HasNetwork,
            _ => throw new InvalidOperationException($"a field that nobody writes: {field}"),
        };
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case string text:
                json.WriteStringValue(text);
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            default:
                json.WriteNumberValue((long)value);
                break;
        }
    }

    // As text: it is a decimal there, and one client takes nothing else.
    private static string? Decimal(decimal? number) => number?.ToString("0.0#####", CultureInfo.InvariantCulture);
}
