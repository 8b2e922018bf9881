using Sandbox.Cli;
using Sandbox.Cli.Isolate;
using Sandbox.Cli.Run;

StandardStreams.Occupy();
if (IsolateCommand.IsCalledSo)
{
    args = [IsolateCommand.Word, .. args];
}

var failed = args is ["run", ..] ? RunStatus.Sandbox : args is [IsolateCommand.Word, ..] ? IsolateOutcome.Broken : ExitStatus.Sandbox;
LastResort.Watch(failed);
var status = LastResort.Run(() => CommandLine.Run(args), failed);
StandardStreams.Close();
return status;
