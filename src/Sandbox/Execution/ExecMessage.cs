namespace Sandbox.Execution;

/// <summary>Says in one sentence why a program could not be executed (execve(2), "Errors").</summary>
internal static class ExecMessage
{
    /// <summary>The sentence, with the detail the sandbox found, if any.</summary>
    public static string Of(ExecFailure failure)
    {
        var detail = failure.Detail is null ? "" : $": {failure.Detail}";
        return failure.Errno switch
        {
            "ENOENT" when failure.ProgramExists => $"missing loader: {failure.Program} names a loader or interpreter that is not in the sandbox{detail}",
            "ENOENT" when failure.Program.Contains('/') => $"command not found: no {failure.Program} in the sandbox{detail}",
            "ENOENT" => $"command not found: no {failure.Program} in the PATH of the sandbox{detail}",
            "ENOTDIR" => $"command not found: a part of {failure.Program} is not a folder{detail}",
            "EACCES" or "EPERM" => $"not executable: {failure.Program} may not be executed ({failure.Errno}){detail}",
            "EISDIR" => $"not executable: {failure.Program} is a folder{detail}",
            "ENOEXEC" => $"wrong format: {failure.Program} is not a program for this machine{detail}",
            "ELIBBAD" => $"wrong format: the loader of {failure.Program} is not a loader for this machine{detail}",
            "ELOOP" => $"command not found: too many symbolic links in {failure.Program}{detail}",
            "ENOMEM" => $"{failure.Program} does not fit the {failure.Limit ?? "memory"} limit (ENOMEM){detail}",
            "E2BIG" => $"the arguments and environment of {failure.Program} are too long (E2BIG){detail}",
            "ETXTBSY" => $"{failure.Program} is open for writing (ETXTBSY){detail}",
            _ => $"{failure.Program} could not be executed ({failure.Errno}){detail}",
        };
    }
}
