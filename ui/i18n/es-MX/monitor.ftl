# El monitor de una tarea.
