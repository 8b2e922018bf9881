using Sandbox.Cli;
using Sandbox.Cli.Run;

StandardStreams.Occupy();
var failed = args is ["run", ..] ? RunStatus.Sandbox : ExitStatus.Sandbox;
LastResort.Watch(failed);
var status = LastResort.Run(() => CommandLine.Run(args), failed);
StandardStreams.Close();
return status;
